#!/bin/bash
# asm_enc.sh OUR_GO PEER_GO SCRATCH: the encoding and error tests of the official assembler
# (cmd/asm/internal/asm/testdata): same objects for amd64*.s and avx512enc/*.s; in amd64error.s and friends an error
# that matches the pattern of each `// ERROR "pattern"` line, and no other.
ours=$(realpath "$1") peer=$(realpath "$2") dir=$3
here=$(dirname "$(realpath "$0")")
mkdir -p "$dir" && dir=$(realpath "$dir")
root=$("$peer" env GOROOT)
export GOROOT=$root
data=$root/src/cmd/asm/internal/asm/testdata
tool=$("$peer" env GOTOOLDIR)/asm
same=0 bad=0
cd "$data" || exit 1
for f in amd64.s amd64enc.s amd64enc_extra.s avx512enc/*.s; do
	case $f in *avx512*) flags="-I $root/pkg/include" ;; *) flags="-I $root/pkg/include" ;; esac
	"$tool" -p test $flags -o "$dir/a.o" "$f" >"$dir/a.err" 2>&1 || { echo "official fails: $f"; head -3 "$dir/a.err"; continue; }
	if ! timeout 120 "$ours" tool asm -e -p test $flags -o "$dir/b.o" "$f" >"$dir/b.err" 2>&1; then
		echo "FAIL $f"; head -${LINES_SHOWN:-10} "$dir/b.err"; bad=$((bad + 1)); continue
	fi
	if python3 "$here/objcmp.py" "$dir/a.o" "$dir/b.o" "$root/src/cmd/internal/goobj/builtinlist.go" >"$dir/d" 2>&1; then
		same=$((same + 1))
	else
		echo "DIFF $f"; head -${LINES_SHOWN:-12} "$dir/d" | cut -c1-300; bad=$((bad + 1))
	fi
done
echo "encodings: $same files equal, $bad not"
ok=0 wrong=0
for f in amd64error.s amd64dynlinkerror.s duperror.s; do
	[ -f $f ] || continue
	flags="-I $root/pkg/include"
	[ $f = amd64dynlinkerror.s ] && flags="$flags -dynlink"
	"$ours" tool asm -e -p test $flags -o "$dir/b.o" "$f" >"$dir/b.err" 2>&1
	python3 - "$f" "$dir/b.err" <<'P'
import re, sys
f = sys.argv[1]
got = {}
for l in open(sys.argv[2], errors='replace'):
    m = re.search(re.escape(f) + r':(\d+)', l)
    if m:
        got.setdefault(int(m.group(1)), []).append(l.rstrip())
good = bad = 0
for n, l in enumerate(open(f), 1):
    m = re.search(r'// ERROR (.*)', l)
    want = re.findall(r'"((?:[^"\\]|\\.)*)"|`([^`]*)`', m.group(1)) if m else []
    want = [re.sub(r'\\(["\\])', r'\1', a) or b for a, b in want]
    have = got.get(n, [])
    okline = len(want) == len(have) and all(any(re.search(w, h) for h in have) for w in want)
    if m or have:
        good += okline
        bad += not okline
    if not okline:
        print('%s:%d: want %s, got %s' % (f, n, want, have))
print('%s: %d lines as expected, %d not' % (f, good, bad))
P
done
[ $bad -eq 0 ]
