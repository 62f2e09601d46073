package p

type s[T any] s[int]

var x = s[int]{a: 7}
var y interface{} = x.g0
