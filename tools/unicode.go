// Prints src/base/unicode.def: where membership in the Unicode categories L, Nd and Lu changes. Run with
// `go run tools/unicode.go >src/base/unicode.def` when the library's Unicode version changes.
package main

import (
	"fmt"
	"unicode"
)

func main() {
	fmt.Printf("// Made by tools/unicode.go from Unicode %s: in each list the runes at which membership flips.\n", unicode.Version)
	for _, c := range []struct {
		name  string
		table *unicode.RangeTable
	}{{"LETTER", unicode.L}, {"DIGIT", unicode.Nd}, {"UPPER", unicode.Lu}} {
		fmt.Printf("#ifdef UNICODE_%s\n", c.name)
		line, in := "", false
		for r := rune(0); r <= unicode.MaxRune+1; r++ {
			if unicode.Is(c.table, r) == in {
				continue
			}
			in = !in
			item := fmt.Sprintf("%#x,", r)
			if len(line)+len(item) > 108 {
				fmt.Println(line)
				line = ""
			}
			line += item
		}
		fmt.Printf("%s\n#endif\n", line)
	}
}
