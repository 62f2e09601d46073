#!/usr/bin/env python3
"""run.py PEER [build|run]: Ingot beside official Go, in one run. PEER is an official Go 1.27 with its library alone in
PEER/std, which is the GOROOT of ours. Prints a table of builds (wall time, processor time, peak memory of the largest
process, size) and one of programs (user time), each the best of several turns that alternate between the two sides.
Exits with 1 if a program's two outputs differ."""
import math
import os
import shutil
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))


class Side:
    """One of the two toolchains, with a cache of its own."""

    def __init__(self, name, go, goroot, scratch):
        self.name, self.go = name, go
        self.dir = os.path.join(scratch, name)
        self.cache = os.path.join(self.dir, "cache")
        os.makedirs(self.dir)
        self.env = {k: v for k, v in os.environ.items() if not k.startswith("GO")}
        self.env.update(GOROOT=goroot, GOCACHE=self.cache, CGO_ENABLED="0", GOTOOLCHAIN="local", GOFLAGS="",
                        GOENV="off", GO111MODULE="off", GOPATH=os.path.join(self.dir, "gopath"))

    def cold(self):
        shutil.rmtree(self.cache, ignore_errors=True)

    def run(self, argv):
        """-> (wall s, user + system s, user s, peak MB, output)"""
        with tempfile.TemporaryFile() as out:
            start = time.perf_counter()
            p = subprocess.Popen(argv, stdout=out, stderr=subprocess.PIPE, env=self.env, cwd=self.dir)
            message = p.stderr.read()
            _, status, use = os.wait4(p.pid, 0)
            wall = time.perf_counter() - start
            p.returncode = status
            if status:
                sys.exit(f"bench: {self.name}: {' '.join(argv)}: status {status}\n{message.decode(errors='replace')[-2000:]}")
            out.seek(0)
            return wall, use.ru_utime + use.ru_stime, use.ru_utime, use.ru_maxrss / 1024, out.read()


def best(results):
    """The turn of least wall time, with the greatest memory of all turns."""
    r = min(results, key=lambda r: r[0])
    return r[0], r[1], max(x[3] for x in results)


def row(label, ours, theirs):
    print(f"| {label} | {ours[0] * 1e3:.0f} | {theirs[0] * 1e3:.0f} | {theirs[0] / ours[0]:.1f} | {ours[1]:.2f} | {theirs[1]:.2f} "
          f"| {ours[2]:.0f} | {theirs[2]:.0f} |", flush=True)


def builds(sides):
    print("| build | wall ms, Ingot | official | times faster | cpu s, Ingot | official | peak MB, Ingot | official |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    for s in sides:
        shutil.copy(os.path.join(HERE, "../examples/hello/hello.go"), s.dir)
    hello = "hello.go"
    measures = {"cold `go run hello.go`": [[], []], "no change": [[], []], "after an edit": [[], []]}
    for turn in range(3):
        for i, s in enumerate(sides):
            s.cold()
            measures["cold `go run hello.go`"][i].append(s.run([s.go, "run", hello]))
    for turn in range(10):
        for i, s in enumerate(sides):
            measures["no change"][i].append(s.run([s.go, "run", hello]))
    for turn in range(10):
        for i, s in enumerate(sides):
            with open(os.path.join(s.dir, "hello.go"), "a", encoding="utf-8") as f:
                f.write(f"\nvar edit{turn} = {turn}\n")
            measures["after an edit"][i].append(s.run([s.go, "run", hello]))
    for label, (ours, theirs) in measures.items():
        row(label, best(ours), best(theirs))
    sizes = []
    for label, what in (("hello", "hello.go"), ("net/http + JSON server", os.path.join(HERE, "builds/server/server.go")),
                        ("cmd/compile", "cmd/compile")):
        results = []
        for s in sides:
            s.cold()
            out = os.path.join(s.dir, "built")
            results.append(best([s.run([s.go, "build", "-o", out, what])]))
            sizes.append((label, s.name, os.path.getsize(out)))
        if label != "hello":
            row(f"cold build of {label}", *results)
    print("\n| executable | Ingot MB | official MB |\n| --- | --- | --- |")
    for i in range(0, len(sizes), 2):
        print(f"| {sizes[i][0]} | {sizes[i][2] / 1e6:.2f} | {sizes[i + 1][2] / 1e6:.2f} |")
    print(flush=True)


def programs(sides):
    print("| program | user s, Ingot | official | ratio |\n| --- | --- | --- | --- |")
    logs, differ = [], []
    for name in sorted(os.listdir(os.path.join(HERE, "programs"))):
        exe = [os.path.join(s.dir, name[:-3]) for s in sides]
        for s, e in zip(sides, exe):
            s.run([s.go, "build", "-o", e, os.path.join(HERE, "programs", name)])
        times, outs = [[], []], [None, None]
        for turn in range(3):
            for i, s in enumerate(sides):
                r = s.run([exe[i]])
                times[i].append(r[2])
                outs[i] = r[4]
        ours, theirs = min(times[0]), min(times[1])
        logs.append(math.log(ours / theirs))
        note = ""
        if outs[0] != outs[1]:
            differ.append(name)
            note = " OUTPUT DIFFERS"
        print(f"| {name[:-3]}{note} | {ours:.2f} | {theirs:.2f} | {ours / theirs:.2f} |", flush=True)
    print(f"| geometric mean | | | {math.exp(sum(logs) / len(logs)):.2f} |")
    return differ


def main():
    if len(sys.argv) < 2 or not os.path.exists(os.path.join(sys.argv[1], "bin/go")):
        sys.exit("usage: make bench PEER=DIR, DIR an official Go 1.27 with DIR/std")
    peer, part = os.path.abspath(sys.argv[1]), sys.argv[2:]
    scratch = tempfile.mkdtemp(prefix="ingot-bench-")
    try:
        ours = Side("ingot", os.path.join(HERE, "../bin/go"), os.path.join(peer, "std"), scratch)
        theirs = Side("official", os.path.join(peer, "bin/go"), peer, scratch)
        print(f"{os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}\n")
        if not part or "build" in part:
            builds([ours, theirs])
        differ = programs([ours, theirs]) if not part or "run" in part else []
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    if differ:
        sys.exit("bench: outputs differ: " + " ".join(differ))


main()
