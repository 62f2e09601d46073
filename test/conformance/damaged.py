#!/usr/bin/env python3
"""Files that the tools read, damaged: archives, objects, executables, module files, assembly. Every reader ends by itself,
within seconds, with a message or with success; none by a signal or a sanitizer's report.

usage: damaged.py GO SCRATCH SEED COUNT [KIND ...]
COUNT damaged copies of each kind (archive, executable, gomod, gosum, gowork, assembly, importcfg); KEEP in the
environment names a directory for what failed. Prints a line for each kind.
"""
import os, random, shutil, subprocess, sys

GO, SCRATCH, SEED, COUNT = os.path.abspath(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
GOROOT = os.environ['GOROOT']
ENV = dict(os.environ, GOCACHE=os.path.join(SCRATCH, 'cache'), CGO_ENABLED='0', GOPROXY='off', GOFLAGS='', GONOSUMDB='*', GOTOOLCHAIN='local')
SECONDS = int(os.environ.get('SECONDS', 30))
REPORT = b'ERROR: AddressSanitizer', b'runtime error:', b'internal error', b'ThreadSanitizer'

GOMOD = b'''module example.com/m

go 1.27

toolchain go1.27

require (
	example.com/a v1.2.3
	example.com/b/v2 v2.0.0-20240101000000-0123456789ab // indirect
)

replace example.com/a => ./a

exclude example.com/c v1.0.0

retract [v1.0.0, v1.1.0] // broken

tool example.com/a/cmd/x

godebug default=go1.21
'''
GOSUM = b'''example.com/a v1.2.3 h1:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=
example.com/a v1.2.3/go.mod h1:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=
example.com/b/v2 v2.0.0-20240101000000-0123456789ab/go.mod h1:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=
'''
GOWORK = b'''go 1.27

use (
	.
	./a
)

replace example.com/z v1.0.0 => ../z
'''


def path(*names):
    return os.path.join(SCRATCH, *names)


def write(name, data):
    os.makedirs(os.path.dirname(path(name)), exist_ok=True)
    with open(path(name), 'wb') as f:
        f.write(data)
    return path(name)


def run(args, cwd):
    try:
        p = subprocess.run([GO] + args, cwd=cwd, env=ENV, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=SECONDS)
    except subprocess.TimeoutExpired:
        return 'takes more than %d s: go %s' % (SECONDS, ' '.join(args))
    if p.returncode < 0 or p.returncode > 128:
        return 'ended by signal %d: go %s: %r' % (-p.returncode, ' '.join(args), p.stdout[-300:])
    if any(r in p.stdout for r in REPORT):
        return 'go %s: %r' % (' '.join(args), p.stdout[:600])
    return ''


def damage(data, rnd):
    data = bytearray(data)
    for _ in range(rnd.choice([1, 1, 2, 4, 16])):
        at, n = rnd.randrange(len(data) + 1), rnd.choice([1, 1, 2, 4, 8, 64])
        what = rnd.randrange(7)
        if what == 0:
            del data[at:]
        elif what == 1:
            del data[at:at + n]
        elif what == 2:
            data[at:at] = bytes(rnd.randrange(256) for _ in range(n))
        elif what == 3:
            data[at:at + n] = b'\xff' * n
        elif what == 4:
            data[at:at + n] = b'\0' * n
        elif what == 5 and at < len(data):
            data[at] ^= 1 << rnd.randrange(8)
        else:
            piece = data[at:at + n]
            data[at:at] = piece * rnd.choice([1, 3])
        if not data:
            data = bytearray(b'\n')
    return bytes(data)


def sources():
    """kind -> (the good bytes, name of the copy, commands that read it, their directory)"""
    work = path('work')
    write('p/p.go', b'package p\n\nimport "fmt"\n\ntype T struct{ A, B int }\n\nfunc (t *T) M(k ...string) { defer fmt.Println(t, k) }\n\n'
          b'var V = map[string]*T{"x": {1, 2}}\n\nfunc G[K comparable](m map[K]int) (n int) {\n\tfor k := range m {\n\t\tn += m[k]\n\t}\n\treturn\n}\n')
    write('main/main.go', b'package main\n\nimport "os"\n\nfunc main() { os.Exit(len(os.Args) - 1) }\n')
    for d in 'p', 'main':
        write(d + '/go.mod', b'module %s\n\ngo 1.27\n' % d.encode())
    for args, d in (['build', '-o', path('p.a'), '.'], 'p'), (['build', '-o', path('main.exe'), '.'], 'main'):
        subprocess.run([GO] + args, cwd=path(d), env=ENV, check=True)
    write('work/a/go.mod', b'module example.com/a\n\ngo 1.27\n')
    write('work/m.go', b'package m\n')
    write('work/user/u.go', b'package main\n\nimport "p"\n\nfunc main() { (&p.T{}).M() }\n')
    cfg = b'packagefile p=' + path('work', 'x.a').encode() + b'\n'
    write('work/importcfg', cfg)
    exports = subprocess.run([GO, 'list', '-export', '-deps', '-f', '{{if .Export}}packagefile {{.ImportPath}}={{.Export}}{{end}}', 'fmt'], env=ENV, cwd=path('p'),
                             capture_output=True).stdout
    write('work/linkcfg', exports + cfg)
    good = lambda name: open(name, 'rb').read()
    shutil.copy(path('p.a'), path('work', 'x.a'))
    subprocess.run([GO, 'tool', 'compile', '-importcfg', 'importcfg', '-p', 'main', '-o', 'good.a', 'user/u.go'], cwd=work, env=ENV, check=True)
    asm = good(os.path.join(GOROOT, 'src/math/hypot_amd64.s'))
    return {
        'archive': (good(path('p.a')), 'x.a', [['tool', 'nm', 'x.a'], ['tool', 'pack', 't', 'x.a'], ['tool', 'buildid', 'x.a'],
                    ['tool', 'compile', '-importcfg', 'importcfg', '-p', 'main', '-o', 'u.a', 'user/u.go'],
                    ['tool', 'link', '-importcfg', 'linkcfg', '-o', 'u.exe', 'good.a']], work),
        'executable': (good(path('main.exe')), 'x.exe', [['version', '-m', 'x.exe'], ['tool', 'nm', 'x.exe'], ['tool', 'buildid', 'x.exe']], work),
        'gomod': (GOMOD, 'go.mod', [['list', '-m', 'all'], ['mod', 'edit', '-json'], ['build', './...'], ['mod', 'edit', '-fmt', '-print']], work),
        'gosum': (GOSUM, 'go.sum', [['list', '-m', 'all'], ['mod', 'verify']], work),
        'gowork': (GOWORK, 'go.work', [['work', 'edit', '-json'], ['list', '-m']], work),
        'assembly': (asm, 'x.s', [['tool', 'asm', '-I', os.path.join(GOROOT, 'pkg/include'), '-I', os.path.join(GOROOT, 'src/runtime'), '-D', 'GOARCH_amd64',
                     '-D', 'GOOS_linux', '-p', 'p', '-o', 'xs.o', 'x.s']], work),
        'importcfg': (exports[:2000] + cfg, 'importcfg2', [['tool', 'link', '-importcfg', 'importcfg2', '-o', 'u.exe', 'good.a'],
                      ['tool', 'compile', '-importcfg', 'importcfg2', '-p', 'main', '-o', 'u.a', 'user/u.go']], work),
    }


def main():
    kinds = sources()
    for kind in sys.argv[5:] or kinds:
        data, name, commands, cwd = kinds[kind]
        write('work/' + name, data)
        if kind in ('archive', 'executable', 'assembly', 'gosum'): # whole, they are read without a complaint
            for c in commands[:1] if kind == 'gosum' else commands:
                if subprocess.run([GO] + c, cwd=cwd, env=ENV, stdin=subprocess.DEVNULL, capture_output=True).returncode:
                    raise SystemExit('go %s fails with a good file' % ' '.join(c))
        rnd = random.Random('%d %s' % (SEED, kind))
        why = ''
        for i in range(COUNT):
            bad = damage(data, rnd)
            write('work/' + name, bad)
            for c in commands:
                w = run(c, cwd)
                if w and os.environ.get('KEEP'):
                    shutil.copy(path('work', name), os.path.join(os.environ['KEEP'], '%s.%d' % (kind, i)))
                why = why or (w and '%d: %s' % (i, w))
        if name.startswith('go.'):
            os.remove(path('work', name))
        if name == 'go.mod': # one that needs no other module, for go.sum
            write('work/go.mod', b'module example.com/m\n\ngo 1.27\n')
        print('FAIL %s %s' % (kind, why) if why else 'PASS ' + kind, flush=True)


main()
