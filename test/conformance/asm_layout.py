#!/usr/bin/env python3
"""asm_layout.py PEER_GO ASM_LAYOUT SCRATCH PACKAGE...: what the official compiler lists with -S is turned back into
assembly (labels for targets, bytes for what moves SP), assembled by ours as compiler code, and compared byte by byte:
lengths of jumps, padding, encodings. Functions whose listing cannot be turned back are counted as skipped."""
import os, re, subprocess, sys

peer, tool, dir = sys.argv[1:4]
os.makedirs(dir, exist_ok=True)


def listing(pkg):
    """[(name, [(pc, op, args)], code)]"""
    env = dict(os.environ, GOFLAGS='', GOTOOLCHAIN='local')
    text = subprocess.run([peer, 'build', '-gcflags=-S', pkg], capture_output=True, text=True, errors='replace', env=env).stderr
    out, cur = [], None
    for l in text.split('\n'):
        m = re.match(r'^(\S.*) STEXT(.*) size=(\d+)', l)
        if m:
            cur = (m.group(1), [], bytearray(), int(m.group(3)))
            out.append(cur)
            continue
        if cur is None:
            continue
        m = re.match(r'^\t0x[0-9a-f]{4,} (\d{5,}) \([^\t]*\)\t(\S+)(?:\t(.*))?$', l)
        if m:
            cur[1].append((int(m.group(1)), m.group(2), m.group(3) or ''))
            continue
        m = re.match(r'^\t0x([0-9a-f]{4,}) ((?:[0-9a-f]{2} ?){1,16})', l)
        if m and len(cur[2]) == int(m.group(1), 16):
            cur[2].extend(bytes.fromhex(m.group(2).replace(' ', '')))
            continue
        if l and not l.startswith('\t'):
            cur = None
    return [(n, i, bytes(c)) for n, i, c, size in out if len(c) == size and i]


def operand(x):
    m = re.match(r'^(\$?)(.*?)\((SP|FP)\)(.*)$', x)
    if m and not re.fullmatch(r'-?\d*', m.group(2)):
        o = re.search(r'([+-]\d+)$', m.group(2))
        return m.group(1) + (o.group(1).lstrip('+') if o else '') + '(SP)' + m.group(4)
    return x


def assembly(n, ins, code):
    out = ['TEXT f%d(SB), 516, $0' % n]
    ins = [i for i in ins if i[1] not in ('TEXT', 'FUNCDATA')]
    targets = {int(a) for _, op, a in ins if op[0] == 'J' and re.fullmatch(r'\d+', a)}
    for k, (pc, op, a) in enumerate(ins):
        end = next((q for q, _, _ in ins[k + 1:] if q > pc), len(code))
        if pc in targets:
            targets.discard(pc)
            out.append('L%d_%d:' % (n, pc))
        if op in ('PUSHQ', 'POPQ') or (re.search(r', SP$', a) and not op.startswith('CMP')):
            b = code[pc:pc + 1] if op in ('PUSHQ', 'POPQ') else code[pc:end]
            out.append('; '.join('BYTE $%d' % x for x in b))
            continue
        if op[0] == 'J' and re.fullmatch(r'\d+', a):
            a = 'L%d_%s' % (n, a)
        a = re.sub(r'\$?\S*".*"[^,]*\(SB\)', lambda m: ('$' if m.group(0)[0] == '$' else '') + 's(SB)', a)
        if '(SB)' in a:
            a = re.sub(r'(^|, ?)(\$?)[^,$(]?[^$]*?\(SB\)', lambda m: m.group(1) + m.group(2) + 's(SB)', a)
        out.append('%s\t%s' % (op, ', '.join(operand(x) for x in re.split(r', ?', a))))
    return '\n'.join(out) + '\n'


same = bad = skipped = 0
for pkg in sys.argv[4:]:
    funcs = listing(pkg)
    path = os.path.join(dir, 'layout.s')
    with open(path, 'w') as f:
        for n, (_, ins, code) in enumerate(funcs):
            f.write(assembly(n, ins, code))
    r = subprocess.run([tool, path], capture_output=True, text=True)
    got = dict(l.split(' ') for l in r.stdout.split('\n') if l)
    for n, (name, ins, code) in enumerate(funcs):
        g = got.get('f%d' % n)
        if g is None:
            skipped += 1
        elif g == code.hex():
            same += 1
        else:
            bad += 1
            print('%s: %s\n\twant %s\n\tgot  %s' % (pkg, name, code.hex()[:200], g[:200]))
print('functions: %d equal, %d not, %d skipped' % (same, bad, skipped))
sys.exit(bad != 0)
