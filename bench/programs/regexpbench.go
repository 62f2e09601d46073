// Matches regular expressions over a made text.
package main

import (
	"fmt"
	"regexp"
	"strings"
)

func main() {
	var b strings.Builder
	for i := range 20000 {
		fmt.Fprintf(&b, "user%d@example%d.com visited /path/%d/index.html at 12:%02d:%02d\n", i, i%17, i, i%60, i%59)
	}
	text := b.String()
	for _, p := range []string{`\w+@\w+\.com`, `/path/(\d+)/`, `(\d\d):(\d\d):(\d\d)`, `[a-z]+[0-9]*[13579]@`, `(a|e|i|o|u){2}`} {
		re := regexp.MustCompile(p)
		fmt.Println(p, len(re.FindAllStringSubmatchIndex(text, -1)))
	}
	fmt.Println(len(regexp.MustCompile(`user(\d+)`).ReplaceAllString(text, "<$1>")))
}
