#!/usr/bin/env python3
"""commands.py PEER: the go command beside official Go where nothing has changed: a build of a program of 200 packages, go list
-deps of it, go env, go version, and go mod graph of a module with 300 others and of one with 60,000 edges. PEER is as for run.py.
Best of several turns that alternate between the two sides, of the time that passes and of processor time (user and system); exits
with 1 if their outputs differ."""
import os, shutil, subprocess, sys, tempfile, time

HERE = os.path.dirname(os.path.abspath(__file__))
TURNS = 25


def write(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, 'w') as f:
        f.write(text)


def program(root, n=200):
    write(root + '/go.mod', 'module example.com/big\n\ngo 1.24\n')
    for i in range(n):
        uses = sorted({j for j in (i // 2, i - 1, i - 7) if 0 <= j < i})
        imports = ''.join('\t"example.com/big/p%03d"\n' % j for j in uses)
        calls = ''.join('\tif n > 1000 {\n\t\ts += p%03d.F(n - 1)\n\t}\n' % j for j in uses)
        write('%s/p%03d/a.go' % (root, i), 'package p%03d\n\nimport (\n\t"fmt"\n%s)\n\nfunc F(n int) string {\n\ts := fmt.Sprint(n)\n%s\treturn s\n}\n'
              % (i, imports, calls))
        write('%s/p%03d/b.go' % (root, i), 'package p%03d\n\ntype T struct{ A, B int }\n\nfunc (t T) Sum() int { return t.A + t.B }\n' % i)
    write(root + '/main.go', 'package main\n\nimport (\n\t"net/http"\n\n\t"example.com/big/p%03d"\n)\n\nfunc main() { println(p%03d.F(3), http.StatusOK) }\n'
          % (n - 1, n - 1))


def modules(root, proxy, n=300, name='m', width=6):
    """A module with n others, each of which needs some of those before it (up to `width`), in a proxy of files."""
    steps = [1, 2, 5, 11] + [13 * k + 3 for k in range(1, width - 5)]
    for i in range(n):
        path, needs = 'example.com/%s%03d' % (name, i), sorted({j for j in [i // 2, i // 3] + [i - s for s in steps] if 0 <= j < i})
        text = 'module %s\n\ngo 1.16\n\nrequire (\n%s)\n' % (path, ''.join('\texample.com/%s%03d v1.%d.0\n' % (name, j, (i + j) % 5) for j in needs))
        for minor in range(5):
            write('%s/%s/@v/v1.%d.0.mod' % (proxy, path, minor), text)
            write('%s/%s/@v/v1.%d.0.info' % (proxy, path, minor), '{"Version":"v1.%d.0"}' % minor)
    write(root + '/go.mod', 'module example.com/main\n\ngo 1.16\n\nrequire example.com/%s%03d v1.4.0\n' % (name, n - 1))


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    peer = os.path.abspath(sys.argv[1])
    scratch = tempfile.mkdtemp(prefix='commands')
    program(scratch + '/big')
    modules(scratch + '/main', scratch + '/proxy')
    modules(scratch + '/wide', scratch + '/proxy', 600, 'w', 24)
    base = {k: v for k, v in os.environ.items() if not k.startswith('GO')}
    base.update(CGO_ENABLED='0', GOTOOLCHAIN='local', GOENV='off', GOPROXY='file://' + scratch + '/proxy', GONOSUMDB='*',
                GOFLAGS='-mod=mod', CC='gcc', CXX='g++')
    sides = []
    for name, go, root in (('ingot', os.path.join(HERE, '..', 'bin', 'go'), peer + '/std'), ('official', peer + '/bin/go', peer)):
        sides.append((os.path.abspath(go), dict(base, GOROOT=root, GOCACHE='%s/%s/cache' % (scratch, name), GOPATH='%s/%s/gopath' % (scratch, name))))
    failed = False

    def run(args, where, go, env):
        """Elapsed and processor time, and what was printed."""
        with open(scratch + '/out', 'w+b') as out, open(scratch + '/err', 'w+b') as err:
            start = time.perf_counter()
            p = subprocess.Popen([go] + args, cwd=scratch + where, env=env, stdout=out, stderr=err)
            _, status, usage = os.wait4(p.pid, 0)
            used = time.perf_counter() - start
            p.returncode = status
            if status:
                err.seek(0)
                sys.exit('bench: %s %s: %s' % (go, ' '.join(args), err.read().decode(errors='replace')[-2000:]))
            out.seek(0)
            return used, usage.ru_utime + usage.ru_stime, out.read()

    def measure(label, args, where):
        best, outputs = [[1e9, 1e9], [1e9, 1e9]], [None, None]
        for turn in range(TURNS + 1):
            for i, (go, env) in enumerate(sides):
                used, cpu, outputs[i] = run(args, where, go, env)
                if turn: # the first fills the caches
                    best[i] = [min(best[i][0], used), min(best[i][1], cpu)]
        (ours, our_cpu), (theirs, their_cpu) = best
        print('| %s | %.1f | %.1f | %.1f | %.1f | %.1f | %.1f |' % (label, ours * 1e3, theirs * 1e3, theirs / ours, our_cpu * 1e3, their_cpu * 1e3,
            their_cpu / our_cpu), flush=True)
        return outputs

    print('| nothing to do | ms, Ingot | official | times faster | processor ms, Ingot | official | times less |\n| --- | --- | --- | --- | --- | --- | --- |')
    measure('go build, 200 packages', ['build', '-o', 'out'], '/big')
    for label, args, where in (('go list -deps', ['list', '-deps', '.'], '/big'), ('go mod graph, 300 modules', ['mod', 'graph'], '/main'),
                               ('go mod graph, 57,636 edges', ['mod', 'graph'], '/wide')):
        ours, theirs = measure(label, args, where)
        if sorted(ours.split()) != sorted(theirs.split()):
            print('outputs differ: ' + label)
            failed = True
    measure('go env', ['env'], '/big')
    measure('go version', ['version'], '/big')
    shutil.rmtree(scratch, ignore_errors=True)
    sys.exit(failed)


main()
