package p

//go:embed abc
var x string
