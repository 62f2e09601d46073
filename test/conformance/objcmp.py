#!/usr/bin/env python3
"""objcmp.py A.o B.o [builtinlist.go]: compares two Go object members symbol by symbol: code, relocations, pc tables,
function information, data. Names the symbols that differ; prints "same N" at the end. DWARF is not compared."""
import struct, sys, re

AUX = ['gotype', 'funcinfo', 'funcdata', 'dwarfinfo', 'dwarfloc', 'dwarfranges', 'dwarflines', 'pcsp', 'pcfile', 'pcline',
       'pcinline', 'pcdata']
NONE, H64, H, BUILTIN, SELF = [(1 << 31) - 1 - i for i in range(5)]
BLK = 'autolib pkgidx file symdef hashed64 hashed nonpkgdef nonpkgref refflags hash64 hash relocidx auxidx dataidx reloc aux data refname end'.split()


class Obj:
    def __init__(self, path, builtins):
        b = open(path, 'rb').read()
        if b.startswith(b'!<arch>\n'):
            b = b[b.rindex(b'\ngo object '):]
        i = b.index(b'\x00go120ld')
        self.b = b = b[i:]
        self.flags, = struct.unpack_from('<I', b, 16)
        self.off = dict(zip(BLK, struct.unpack_from('<19I', b, 20)))
        self.builtins = builtins
        ends = dict(zip(BLK, [self.off[x] for x in BLK[1:]]))
        self.files = [self.str(self.off['file'] + 8 * k) for k in range((ends['file'] - self.off['file']) // 8)]
        self.pkgs = [self.str(self.off['pkgidx'] + 8 * k) for k in range((ends['pkgidx'] - self.off['pkgidx']) // 8)]
        self.lists = {}
        n = 0
        for k in ('symdef', 'hashed64', 'hashed', 'nonpkgdef', 'nonpkgref'):
            self.lists[k] = []
            for o in range(self.off[k], ends[k], 21):
                abi, typ, fl, fl2, size, align = struct.unpack_from('<HBBBII', b, o + 8)
                self.lists[k].append(dict(name=self.str(o), abi=abi, type=typ, flag=fl, flag2=fl2, size=size, align=align, i=n, kind=k))
                n += 1
        self.refnames = {}
        for o in range(self.off['refname'], ends['refname'], 16):
            self.refnames[struct.unpack_from('<II', b, o)] = self.str(o + 8)
        for k in ('symdef', 'hashed64', 'hashed', 'nonpkgdef'):
            for s in self.lists[k]:
                self.fill(s)

    def str(self, o):
        n, p = struct.unpack_from('<II', self.b, o)
        return self.b[p:p + n].decode('utf8', 'replace')

    def idx(self, blk, i):
        return struct.unpack_from('<II', self.b, self.off[blk] + 4 * i)

    def fill(self, s):
        a, e = self.idx('dataidx', s['i'])
        s['data'] = self.b[self.off['data'] + a:self.off['data'] + e]
        a, e = self.idx('relocidx', s['i'])
        s['relocs'] = [struct.unpack_from('<iBHqII', self.b, self.off['reloc'] + 23 * k) for k in range(a, e)]
        a, e = self.idx('auxidx', s['i'])
        s['aux'] = [struct.unpack_from('<BII', self.b, self.off['aux'] + 9 * k) for k in range(a, e)]

    def sym(self, p, i):
        if p == NONE:
            d = self.lists['nonpkgdef']
            return d[i] if i < len(d) else self.lists['nonpkgref'][i - len(d)]
        return self.lists[{H64: 'hashed64', H: 'hashed', SELF: 'symdef'}[p]][i]

    def ref(self, p, i):
        if p == 0:
            return None
        if p == BUILTIN:
            n = self.builtins[i] if i < len(self.builtins) else ('builtin%d' % i, 0)
            return n
        if p in (NONE, H64, H, SELF):
            s = self.sym(p, i)
            if p in (H64, H):
                return (s['name'], s['data'], s['size'])
            return (s['name'], s['abi'])
        return (self.refnames.get((p, i), '?'), self.pkgs[p] if p < len(self.pkgs) else p)

    def view(self, s):
        v = dict(size=s['size'], align=s['align'], type=s['type'], flag=s['flag'], flag2=s['flag2'], data=s['data'].hex())
        v['relocs'] = [(o, n, t, add, self.ref(p, i)) for o, n, t, add, p, i in s['relocs']]
        for t, p, i in s['aux']:
            name = AUX[t] if t < len(AUX) else 'aux%d' % t
            if name.startswith('dwarf'):
                continue
            if name in ('gotype', 'funcdata'):
                r = self.ref(p, i)
                v.setdefault(name, []).append(r)
                continue
            d = self.sym(p, i)['data'] if p else b''
            if name == 'funcinfo':
                args, locs, fid, ff, line, nf = struct.unpack_from('<IIBBxxII', d)
                v['args'], v['locals'], v['funcid'], v['funcflag'], v['startline'] = args, locs, fid, ff, line
                v['files'] = [self.files[x] for x in struct.unpack_from('<%dI' % nf, d, 20)]
            elif name == 'pcfile':
                v[name] = [(self.files[x] if 0 <= x < len(self.files) else x, pc) for x, pc in pcs(d)]
            else:
                v.setdefault(name, []).append(pcs(d))
        return v


def pcs(d):
    """[(value, end pc)]"""
    out, i, val, pc, first = [], 0, -1, 0, True

    def uv():
        nonlocal i
        r = s = 0
        while True:
            c = d[i]
            i += 1
            r |= (c & 127) << s
            s += 7
            if c < 128:
                return r
    while i < len(d):
        u = uv()
        dv = (u >> 1) ^ -(u & 1)
        if dv == 0 and not first:
            break
        first = False
        val += dv
        pc += uv()
        out.append((val, pc))
    return out


def names(o):
    m = {}
    for k in ('symdef', 'nonpkgdef'):
        for s in o.lists[k]:
            if s['name'].startswith('go:info.') or s['name'] == '':
                continue
            m.setdefault((s['name'], s['abi']), []).append(s)
    return m


def main():
    builtins = []
    if len(sys.argv) > 3:
        builtins = [(a, int(b)) for a, b in re.findall(r'\{"([^"]+)", (\d)\}', open(sys.argv[3]).read())]
    a, b = Obj(sys.argv[1], builtins), Obj(sys.argv[2], builtins)
    na, nb = names(a), names(b)
    same = bad = 0
    if a.flags != b.flags:
        print('object flags: %d %d' % (a.flags, b.flags))
        bad += 1
    for k in sorted(set(na) | set(nb)):
        if len(na.get(k, [])) != len(nb.get(k, [])):
            print('%s: %d definitions, %d' % (k, len(na.get(k, [])), len(nb.get(k, []))))
            bad += 1
            continue
        for x, y in zip(na[k], nb[k]):
            va, vb = a.view(x), b.view(y)
            diff = [f for f in sorted(set(va) | set(vb)) if va.get(f) != vb.get(f)]
            if diff:
                bad += 1
                print('%s <%d>: %s' % (k[0], k[1], ' '.join(diff)))
                for f in diff:
                    p, q = va.get(f), vb.get(f)
                    if isinstance(p, list) and isinstance(q, list) and len(p) == len(q):
                        j = [n for n in range(len(p)) if p[n] != q[n]][0]
                        p, q = p[j], q[j]
                    if isinstance(p, str) and isinstance(q, str):
                        j = 0
                        while j < min(len(p), len(q)) and p[j] == q[j]:
                            j += 1
                        j -= j % 2
                        p, q = '+%#x %s' % (j // 2, p[j:j + 40]), q[j:j + 40]
                    print('\t%s:\n\t\t%s\n\t\t%s' % (f, str(p)[:300], str(q)[:300]))
            else:
                same += 1
    print('same %d differ %d' % (same, bad))
    sys.exit(bad != 0)


main()
