#!/bin/bash
# asm_std.sh OUR_GO PEER_GO SCRATCH: assembles every .s file of std for linux/amd64 with our assembler and with the
# official one, with the same flags and the same go_asm.h, and compares the objects (objcmp.py) and the symabis.
# The official build is done once and kept in SCRATCH. EXTRA: further flags for both, e.g. -shared.
ours=$(realpath "$1") peer=$(realpath "$2") dir=$3
here=$(dirname "$(realpath "$0")")
mkdir -p "$dir/empty" && : >"$dir/empty/go_asm.h" && cd "$dir" || exit 1
dir=$PWD
if [ ! -s log ]; then
	GOCACHE=$dir/cache GOFLAGS= GOTOOLCHAIN=local "$peer" build -p 1 -a -work -x std >log 2>&1
	rm -rf cache
fi
work=$(sed -n 's/^WORK=//p' log | head -1)
root=$("$peer" env GOROOT)
tool=$("$peer" env GOTOOLDIR)/asm
list=$root/src/cmd/internal/goobj/builtinlist.go
export GOROOT=$root
same=0 bad=0 abi=0 abibad=0
cwd=.
while IFS= read -r line; do
	case $line in
	"cd "*) cwd=${line#cd } ;;
	*/asm\ *)
		cmd=${line//'$WORK'/$work}
		cmd=${cmd#*/asm }
		out=$(sed 's/.* -o \([^ ]*\).*/\1/' <<<"$cmd")
		mine=$dir/mine.o
		# symabis are made before the compiler has written go_asm.h
		[[ $cmd = *-gensymabis* ]] && cmd=$(sed "s,-I $work/b[0-9]*/,-I $dir/empty/," <<<"$cmd")
		eval "args=(${cmd/-o $out/-o $mine})"
		rm -f "$mine"
		if [ -n "$EXTRA" ]; then
			[[ $cmd = *-gensymabis* ]] && continue
			eval "pargs=(${cmd/-o $out/-o $dir/ref.o})"
			(cd "$cwd" && "$tool" $EXTRA "${pargs[@]}") || continue
			out=$dir/ref.o
		fi
		if ! (cd "$cwd" && timeout 60 "$ours" tool asm $EXTRA "${args[@]}") >err 2>&1; then
			echo "FAIL $cwd ${args[*]: -1}"; head -${LINES_SHOWN:-5} err; bad=$((bad + 1)); continue
		fi
		if [[ $cmd = *-gensymabis* ]]; then
			if cmp -s "$mine" "$out"; then abi=$((abi + 1)); else abibad=$((abibad + 1)); echo "SYMABIS $cwd"; diff "$out" "$mine" | head -5; fi
		elif python3 "$here/objcmp.py" "$out" "$mine" "$list" >err 2>&1; then
			same=$((same + 1))
		else
			echo "DIFF $cwd ${args[*]: -1}"; head -${LINES_SHOWN:-8} err; bad=$((bad + 1))
		fi
		;;
	esac
done <log
echo "objects: $same equal, $bad not; symabis: $abi equal, $abibad not"
[ $bad -eq 0 ] && [ $abibad -eq 0 ]
