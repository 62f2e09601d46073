#!/usr/bin/env python3
"""Error messages of the checker against the errorcheck and compile programs of GOROOT/test.

usage: errorcheck.py CHECKER GOROOT [-v] [-cases] [SUBSTRING]
CHECKER is started as `CHECKER tool compile -e [flags] files` and prints gc's messages. Only programs whose errors
come from parsing and type checking count: those with optimizer flags (-m, -0, -d=..., -live, ...) are left out.
"""
import os, re, subprocess, sys, tempfile
from concurrent.futures import ThreadPoolExecutor

checker, goroot = sys.argv[1], sys.argv[2]
verbose = '-v' in sys.argv
only = [a for a in sys.argv[3:] if a not in ('-v', '-cases')]
ROOT = os.path.join(goroot, 'test')
ERR = re.compile(r'// (?:GC_)?ERROR (.*)')
AUTO = re.compile(r'// (?:GC_)?ERRORAUTO (.*)')
Q = re.compile(r'"([^"]*)"')


def to_re(p):
    return re.compile(p.replace('[[:space:]]', r'\s').replace('(?-s)', ''))


def wanted(path, short):
    out = []
    for n, line in enumerate(open(path, encoding='utf-8', errors='surrogateescape').read().split('\n'), 1):
        if '////' in line:
            continue
        auto = AUTO.search(line)
        m = auto or ERR.search(line)
        if not m:
            continue
        for q in Q.findall(m.group(1)):
            q = re.sub(r'LINE(([+-])([0-9]+))?', lambda k: '%s:%d' % (short, n + int(k.group(1) or 0)), q)
            out.append((short, n, to_re(q), bool(auto)))
    return out


def run(flags, files):
    env = dict(os.environ, GOROOT=goroot)
    with tempfile.TemporaryDirectory() as scratch:
        r = subprocess.run([checker, 'tool', 'compile', '-p', 'p', '-o', os.path.join(scratch, 'p.o')] + flags + files,
                           capture_output=True, text=True, errors='replace', timeout=60, env=env)
    out = r.stdout + r.stderr
    msgs = []
    for l in out.split('\n'):
        if l.startswith('\t') and msgs:
            msgs[-1] += '\n' + l
        elif l.strip():
            msgs.append(l)
    return r.returncode, msgs


def judge(path):
    text = open(path, encoding='utf-8', errors='surrogateescape').read()
    lines = text.split('\n')
    head = ''
    for l in lines:
        if l.startswith('//') and not l.startswith('//go:build') and not l.startswith('// +build'):
            head = l[2:].strip().split()
            break
        if l.strip() and not l.startswith('//'):
            break
    if not head or head[0] not in ('errorcheck', 'compile'):
        return None
    b = re.search(r'^//go:build (.*)$', text, re.M)
    if b and re.search(r'wasm|arm|386|ppc|mips|ignore|goexperiment|!linux|js|windows|plan9|cgo|race', b.group(1)):
        return None
    flags = [a for a in head[1:] if a.startswith('-')]
    if any(not (f.startswith('-lang') or f in ('-complete', '-std', '-+', '-p=p', '-e')) for f in flags) or '-0' in head:
        return None
    short = os.path.basename(path)
    try:
        rc, msgs = run(['-e'] + flags, [path])
    except subprocess.TimeoutExpired:
        return path, ['timeout']
    msgs = [m.replace(os.path.dirname(path) + "/", "") for m in msgs]
    bad = []
    if rc < 0 or rc > 2:
        bad.append('crashed (%d)' % rc)
    if head[0] == 'compile':
        bad += msgs
        return path, bad
    left = []
    for m in msgs:
        k = re.match(r'^(\S*?):(\d+)(?::(\d+))?: (.*)$', m, re.S)
        if k:
            left.append([os.path.basename(k.group(1)), int(k.group(2)), m])
        else:
            left.append(['', 0, m])
    for f, n, rx, auto in wanted(path, short):
        hit = [e for e in left if e[1] == n and e[0] == f]
        if auto:
            hit = left
        found = False
        for e in hit:
            msg = re.sub(r'^\S*?:\d+(:\d+)?: ', '', e[2]) if not auto else e[2]
            if rx.search(msg) or rx.search(e[2]):
                left.remove(e)
                found = True
        if not found:
            bad.append('%s:%d: missing error %s; have %s' % (f, n, rx.pattern, [e[2].split(': ', 1)[-1] for e in hit]))
    for e in left:
        bad.append('unmatched: ' + e[2])
    return path, bad


files = []
for d, _, fs in os.walk(ROOT):
    if '.dir' in d:
        continue
    files += [os.path.join(d, f) for f in fs if f.endswith('.go')]
files.sort()
ok = no = 0
with ThreadPoolExecutor(2) as ex:
    for r in ex.map(judge, [f for f in files if not only or any(o in f for o in only)]):
        if r is None:
            continue
        if r[1]:
            no += 1
            print('FAIL %s %s' % (os.path.relpath(r[0], ROOT), ('\n\t'.join([''] + r[1]) if verbose else r[1][0][:200])))
        else:
            ok += 1
            if '-cases' in sys.argv:
                print('PASS ' + os.path.relpath(r[0], ROOT))
print('%d passed, %d failed' % (ok, no))
