#!/usr/bin/env python3
"""Random Go programs, built by GO and by official Go: both must print the same.

usage: randomgo.py GO GOROOT PEER_GO SCRATCH SECONDS [SEED [FLAGS]]
Conversions of floating-point numbers stay in range, and how many calls came before a panic is not counted; when
variables are read beside calls is left open by the specification, but programs depend on what gc does: every difference
is a defect. Prints PASS or FAIL for each program by its seed; programs that differ stay in SCRATCH. `randomgo.py - SEED`
prints a program. Seeds that 3 divides are
about control and values (randomflow.py), other odd ones about expressions, even ones about memory (randomheap.py), which our
build runs with a busy collector. FLAGS are -gcflags.
"""
import os, shutil, subprocess, sys, time
from randomflow import Flow
from randomheap import Generator, Heap

INTS = {'int8': 8, 'int16': 16, 'int32': 32, 'int64': 64, 'int': 64, 'uint8': 8, 'uint16': 16, 'uint32': 32, 'uint64': 64, 'uint': 64}
FLOATS = ['float32', 'float64']
SCALARS = list(INTS) + FLOATS + ['bool', 'string']
COMPARE = ['==', '!=', '<', '<=', '>', '>=']

PRELUDE = '''package main

import "unsafe"

type num interface {
	~int8 | ~int16 | ~int32 | ~int64 | ~int | ~uint8 | ~uint16 | ~uint32 | ~uint64 | ~uint | ~float32 | ~float64
}

var fuel, trace int

func step(n int) {
	trace = trace*31 + n
	if fuel--; fuel < 0 {
		panic("fuel")
	}
}
func show(name string, v any) {
	switch v := v.(type) {
	case float64:
		if v != v {
			println(name, "NaN")
		} else {
			println(name, *(*uint64)(unsafe.Pointer(&v)))
		}
	case float32:
		if v != v {
			println(name, "NaN32")
		} else {
			println(name, *(*uint32)(unsafe.Pointer(&v)))
		}
	case int8: println(name, v)
	case int16: println(name, v)
	case int32: println(name, v)
	case int64: println(name, v)
	case int: println(name, v)
	case uint8: println(name, v)
	case uint16: println(name, v)
	case uint32: println(name, v)
	case uint64: println(name, v)
	case uint: println(name, v)
	case bool: println(name, v)
	case string: println(name, len(v), v)
	case error: println(name, v.Error())
	default: println(name, "other")
	}
}
func run(name string, f func()) {
	fuel, trace = 3000, 0
	defer func() {
		if r := recover(); r != nil {
			show(name+" panic", r)
			return // how many calls came before a panic within an expression is not defined
		}
		println(name, "trace", trace)
	}()
	f()
}
func cut(s string) string {
	if len(s) > 40 {
		return s[len(s)-40:]
	}
	return s
}
func rangeof[F float32 | float64](f F) F {
	if f > -1e9 && f < 1e9 {
		return f
	}
	return 7
}
func natural[F float32 | float64](f F) F {
	if f >= 0 && f < 1e9 {
		return f
	}
	return 3
}
func identity[T any](v T) T { return v }
func swap[T any](a, b *T) { *a, *b = *b, *a }
func least[T num](a, b T) T {
	if a < b {
		return a
	}
	return b
}
func total[T num](vs ...T) (t T) {
	for _, v := range vs {
		t += v
	}
	return
}
func upto(n int) func(func(int) bool) {
	return func(yield func(int) bool) {
		defer func() { trace = trace*7 + n }()
		for i := 0; i < n; i++ {
			if !yield(i) {
				return
			}
		}
	}
}
func pairs[K comparable, V any](k []K, v []V) func(func(K, V) bool) {
	return func(yield func(K, V) bool) {
		for i := range k {
			if i < len(v) && !yield(k[i], v[i]) {
				return
			}
		}
	}
}
type shape interface{ area() int; grow(int) shape }
type square struct{ w int }
type oblong struct{ w, h int32; name string }
type tiny uint8
func (s square) area() int { return s.w * s.w }
func (s square) grow(n int) shape { s.w += n; return s }
func (o *oblong) area() int { return int(o.w) * int(o.h) }
func (o *oblong) grow(n int) shape { o.w -= int32(n); o.h++; return o }
func (t tiny) area() int { return int(t) }
func (t tiny) grow(n int) shape { return t + tiny(n) }
type holder struct{ shape; n int8 }
'''


class Program(Generator):
    def __init__(self, seed):
        super().__init__(seed)
        self.labels = []
        self.functions = []  # (name, parameter types, result type) of what may be called
        self.structs = []    # (name, [(field, type)])

    # ---- expressions: text of an expression of type t over the variables in scope, and whether it is constant

    def constant(self, t):
        if t == 'bool':
            return self.pick(['true', 'false'])
        if t == 'string':
            return self.pick(['""', '"a"', '"hello"', '"b\\x00c"', '"\\u00e9t\\u00e9"', '"0123456789abcdef"'])
        if t in FLOATS:
            return f'{t}({self.pick(["0", "1", "-1", "0.5", "1.5", "-2.25", "1e10", "3.1415926535", "1e-20", "123456789", "7"])})'
        bits, signed = INTS[t], t[0] == 'i'
        low, high = (-(1 << bits - 1), (1 << bits - 1) - 1) if signed else (0, (1 << bits) - 1)
        k = self.r.randrange(6)
        if k < 2:
            v = self.r.randint(max(low, -4), 17)
        elif k == 2:
            v = self.pick([low, high, low + 1, high - 1])
        elif k == 3:
            v = 1 << self.r.randrange(bits - 1)
            v = v - self.r.randrange(3)
        else:
            v = self.r.randint(low, high)
        return f'{t}({min(max(v, low), high)})'

    def variables(self, t):
        return [n for n, vt in self.scope if vt == t]

    def leaf(self, t):
        vs = self.variables(t)
        if vs and self.chance(.8):
            return self.pick(vs), False
        if self.chance(.15):
            s = [f'{n}.{f}' for n, vt in self.scope for sn, fs in self.structs if vt in (sn, '*' + sn) for f, ft in fs if ft == t]
            if s:
                return self.pick(s), False
        return self.constant(t), True

    def value(self, t, d):  # never constant
        e, const = self.expr(t, d)
        if const:
            vs = self.variables(t)
            return self.pick(vs) if vs else f'identity({e})' if self.chance(.5) else f'(func() {t} {{ return {e} }})()'
        return e

    def any(self, t, d):
        return self.expr(t, d)[0]

    def index(self, n, d):
        k = self.r.randrange(5)
        if k < 2:
            return f'{self.value("uint8", d)}%{n}'
        if k == 2:
            return f'{self.value(self.pick(["int", "uint64", "int32"]), d)}&{1 if n < 4 else 3}'
        return self.value(self.pick(['int', 'uint8', 'int8', 'uint64']), d) if k == 3 else str(self.r.randrange(n))

    def expr(self, t, d):
        if d <= 0 or self.chance(.1):
            return self.leaf(t)
        d -= 1
        c = self.r.random()
        if c < .06:
            fs = [f for f in self.functions if f[2] == t]
            if fs:
                f = self.pick(fs)
                return f'{f[0]}({", ".join(self.any(p, d - 1) for p in f[1])})', False
        if c < .12:
            arrays = [(n, vt) for n, vt in self.scope if vt.endswith(']' + t)]
            if arrays:
                n, vt = self.pick(arrays)
                if vt.startswith('map['):
                    k = vt[4:vt.index(']')]
                    return f'{n}[{self.any(k, d)}]', False
                size = 4 if vt.startswith('[]') else int(vt[1:vt.index(']')])
                return f'{n}[{self.index(size, d)}]', False
        if c < .15 and t != 'string':
            return f'identity({self.value(t, d)})', False
        if c < .17:
            return f'func() {t} {{ step({self.r.randrange(9)}); return {self.any(t, d)} }}()', False
        if c < .185:  # a call that changes what its statement reads elsewhere
            vs = [n for n, vt in self.scope if vt == t and not n.startswith('k')]
            if vs:
                v = self.pick(vs)
                return f'func() {t} {{ {v} = {self.any(t, d)}; return {v} }}()', False
        if c < .2:
            return f'any({self.value(t, d)}).({t})', False
        if c < .22:
            ps = [n for n, vt in self.scope if vt == '*' + t]
            if ps:
                return '*' + self.pick(ps), False
        if t == 'bool':
            k = self.r.randrange(8)
            if k < 3:
                o = self.pick(SCALARS[:-2] + ['string'])
                return f'({self.value(o, d)} {self.pick(COMPARE)} {self.any(o, d)})', False
            if k < 5:
                return f'({self.value("bool", d)} {self.pick(["&&", "||", "==", "!="])} {self.any("bool", d)})', False
            if k == 5:
                return f'(!{self.value("bool", d)})', False
            if k == 6:
                a, b = self.pick(SCALARS), self.pick(SCALARS)
                return f'(any({self.value(a, d)}) == any({self.value(b if self.chance(.3) else a, d)}))', False
            st = [n for n, vt in self.scope if any(vt == s for s, _ in self.structs)]
            pairs = [(a, b) for a in st for b in st if dict(self.scope)[a] == dict(self.scope)[b]]
            if pairs:
                a, b = self.pick(pairs)
                return f'({a} == {b})', False
            return self.leaf(t)
        if t == 'string':
            k = self.r.randrange(7)
            if k < 2:
                return f'cut({self.value(t, d)} + {self.any(t, d)})', False
            if k == 2:
                return f'{self.atom(t)}[{self.value("uint8", d)}&3:]', False
            if k == 3:
                return f'{self.atom(t)}[:{self.value("uint8", d)}%6]', False
            if k == 4:
                return f'string([]byte({self.value(t, d)}))', False
            if k == 5:
                return f'string([]rune{{{self.value("int32", d)}&1023, \'x\'}})', False
            return f'(map[bool]string{{true: {self.any(t, d)}, false: {self.any(t, d)}}})[{self.any("bool", d)}]', False
        if t in FLOATS:
            k = self.r.randrange(6)
            if k < 4:
                return f'({self.value(t, d)} {self.pick("+-*/")} {self.any(t, d)})', False
            if k == 4:
                return f'{t}({self.value(self.pick(list(INTS) + FLOATS), d)})', False
            return f'(-{self.value(t, d)})', False
        k = self.r.randrange(16)
        if k < 4:
            return f'({self.value(t, d)} {self.pick("+-*+-")} {self.any(t, d)})', False
        if k < 6:
            return f'({self.value(t, d)} {self.pick(["&", "|", "^", "&^"])} {self.any(t, d)})', False
        if k < 8:
            o = self.pick('/%')
            if self.chance(.6):
                n = self.constant(t)
                if n.endswith('(0)'):
                    n = f'{t}(3)'
                return f'({self.value(t, d)} {o} {n})', False
            return f'({self.value(t, d)} {o} {self.value(t, d)})' if self.chance(.3) else \
                   f'({self.value(t, d)} {o} ({self.value(t, d)} | 1))', False
        if k < 10:
            o = self.pick(['<<', '>>'])
            if self.chance(.4):
                return f'({self.value(t, d)} {o} {self.r.randrange(INTS[t] + 3)})', False
            u = self.pick(INTS)
            n = self.value(u, d)
            return (f'({self.value(t, d)} {o} ({n} & {self.pick([7, 31, 63, 127])}))' if u[0] == 'i' or self.chance(.5)
                    else f'({self.value(t, d)} {o} {n})'), False
        if k < 13:
            return f'{t}({self.value(self.pick(INTS), d)})', False
        if k == 13:
            return f'({self.pick("-^")}{self.value(t, d)})', False
        if k == 14:
            f = self.pick(FLOATS)
            if t in ('int64', 'int', 'int32'):
                return f'{t}(rangeof({self.value(f, d)}))', False
            if t in ('uint64', 'uint', 'uint32'):
                return f'{t}(natural({self.value(f, d)}))', False
            return f'least({self.value(t, d)}, {self.any(t, d)})', False
        if t == 'int':
            return f'len({self.value("string", d)})', False
        if t == 'uint8':
            return f'{self.atom("string")}[{self.value("uint8", d)}&3]', False
        return f'{self.pick(["min", "max"])}({self.value(t, d)}, {self.any(t, d)}, {self.any(t, d)})', False

    def atom(self, t):
        vs = self.variables(t)
        return self.pick(vs) if vs else f'identity({self.constant(t)})'

    # ---- statements

    def declare(self, t=None):
        t = t or self.pick(SCALARS)
        e = self.any(t, 3)
        n = self.name()
        self.line(f'var {n} {t} = {e}' if self.chance(.5) else f'{n} := {t}({e})')
        self.line(f'_ = {n}')
        self.scope.append((n, t))
        return n

    def place(self):
        places = [(n, t) for n, t in self.scope if t in SCALARS and not n.startswith('k')]
        for n, t in self.scope:
            if t[0] == '*' and t[1:] in SCALARS:
                places.append(('*' + n, t[1:]))
            elif t[0] == '[':
                size = 4 if t.startswith('[]') else int(t[1:t.index(']')])
                places.append((f'{n}[{self.index(size, 1)}]', t[t.index(']') + 1:]))
            elif t.startswith('map['):
                places.append((f'{n}[{self.any(t[4:t.index("]")], 1)}]', t[t.index(']') + 1:]))
            else:
                for s, fs in self.structs:
                    if t in (s, '*' + s):
                        places += [(f'{n}.{f}', ft) for f, ft in fs if ft in SCALARS]
        return self.pick(places) if places else (self.declare('int'), 'int')

    def assign(self):
        p, t = self.place()
        if t in INTS and self.chance(.3):
            self.line(f'{p} {self.pick(["+=", "-=", "*=", "&=", "|=", "^=", "&^="])} {self.any(t, 3)}')
        elif t in INTS and self.chance(.2):
            self.line(f'{p}{self.pick(["++", "--"])}')
        elif t in INTS and self.chance(.2):
            self.line(f'{p} {self.pick(["<<=", ">>="])} {self.value("uint8", 2)} & 15')
        elif t in FLOATS and self.chance(.3):
            self.line(f'{p} {self.pick("+-*/")}= {self.any(t, 2)}')
        elif self.chance(.2):
            q, u = self.place()
            a, b = self.any(t, 2), self.any(u, 2)
            if not any(c in a + b + p + q for c in '(['):  # a call or panic between stores has no defined place
                self.line(f'{p}, {q} = {a}, {b}')
        else:
            self.line(f'{p} = {self.any(t, 4)}')

    def statement(self, d):
        k = self.r.randrange(34)
        if k < 9 or d <= 0:
            self.assign()
        elif k < 12:
            self.declare()
        elif k < 15:
            self.line(f'if {self.any("bool", 3)} {{')
            self.block(2, d - 1)
            if self.chance(.5):
                self.line('} else {')
                self.block(2, d - 1)
            self.line('}')
        elif k < 18:
            self.loop(d)
        elif k == 18:
            self.switch(d)
        elif k == 19:
            t, n = self.pick(SCALARS), self.name('a')
            size = self.r.randrange(1, 6)
            self.line(f'{n} := [{size}]{t}{{{", ".join(self.any(t, 2) for _ in range(size))}}}')
            self.line(f'_ = {n}')
            self.scope.append((n, f'[{size}]{t}'))
            if self.chance(.4):
                m = self.name('a')
                self.line(f'{m} := {n}')
                self.line(f'_ = {m}')
                self.scope.append((m, f'[{size}]{t}'))
        elif k == 20:
            t, n = self.pick(SCALARS), self.name('s')
            arrays = [(a, at) for a, at in self.scope if at[0] == '[']
            if arrays and self.chance(.5):
                a, at = self.pick(arrays)
                self.line(f'{n} := {a}[{self.pick(["", "0", "1", self.index(3, 1)])}:]')
                t = at[at.index(']') + 1:]
            else:
                self.line(f'{n} := []{t}{{{", ".join(self.any(t, 2) for _ in range(4))}}}')
            self.line(f'_ = {n}')
            self.scope.append((n, '[]' + t))
        elif k == 21:
            slices = [(a, at) for a, at in self.scope if at.startswith('[]')]
            if slices:
                a, at = self.pick(slices)
                b = self.pick([x for x, xt in slices if xt == at])
                self.line(self.pick([f'if len({a}) < 50 {{ {a} = append({a}, {self.any(at[2:], 2)}, {self.any(at[2:], 2)}) }}',
                                     f'trace += copy({a}, {b})', f'if len({a}) < 50 {{ {a} = append({a}[:len({a})/2], {b}...) }}',
                                     f'clear({a})', f'{a} = {b}', f'{a} = append({at}(nil), {b}...)']))
        elif k == 22:
            kt, t, n = self.pick([x for x in SCALARS if x not in FLOATS]), self.pick(SCALARS), self.name('m')
            self.line(f'{n} := map[{kt}]{t}{{}}')
            self.line(f'{n}[{self.any(kt, 2)}] = {self.any(t, 2)}')
            self.scope.append((n, f'map[{kt}]{t}'))
        elif k == 23:
            maps = [(a, at) for a, at in self.scope if at.startswith('map[')]
            if maps:
                a, at = self.pick(maps)
                self.line(self.pick([f'delete({a}, {self.any(at[4:at.index("]")], 2)})', f'trace += len({a})',
                                     f'for range {a} {{ step(1) }}']))
        elif k == 24:
            vs = [(n, t) for n, t in self.scope if t in SCALARS and not n.startswith('k')]
            if vs:
                v, t = self.pick(vs)
                n = self.name('p')
                self.line(f'{n} := &{v}')
                self.line(f'_ = {n}')
                self.scope.append((n, '*' + t))
        elif k == 25 and self.structs:
            s, fs = self.pick(self.structs)
            n = self.name('t')
            same = [x for x, xt in self.scope if xt == s]
            if same and self.chance(.4):
                self.line(f'{n} := {self.pick(["", "&"])}{self.pick(same)}')
                s = '*' + s if '&' in self.text[-1] else s
            else:
                self.line(f'{n} := {s}{{{", ".join(f"{f}: {self.any(ft, 2)}" for f, ft in fs if ft in SCALARS)}}}')
            self.line(f'_ = {n}')
            self.scope.append((n, s))
        elif k == 26:
            n = self.name('f')
            self.line(f'{n} := func() {{')
            self.nested(2, d - 1)
            self.line('}')
            self.line(f'{n}()')
            if self.chance(.5):
                self.assign()
                self.line(f'{n}()')
        elif k == 27:
            self.line('func() {')
            self.depth += 1
            self.line(f'defer func() {{ if r := recover(); r != nil {{ show("r", r); trace = {self.r.randrange(9)} }} }}()')
            self.depth -= 1
            self.nested(3, d - 1)
            self.line('}()')
        elif k == 28:
            self.line(f'defer func(x {self.deferred()}) {{ step({self.r.randrange(99)}); show("d", x) }}({self.any(self.last, 2)})')
        elif k == 29:
            self.typeswitch(d)
        elif k == 30:
            t = self.pick(SCALARS)
            self.line(f'show("{self.name("x")}", {self.any(t, 4)})')
        elif k == 31:
            self.shapes()
        elif k == 32:
            t = self.pick(SCALARS)
            c = self.name('c')
            self.line(f'{c} := make(chan {t}, 2)')
            self.line(f'{c} <- {self.any(t, 2)}')
            self.line(f'select {{ case x, ok := <-{c}: show("c", x); show("ok", ok); default: step(5) }}')
            self.line(f'close({c})')
            self.line(f'select {{ case x, ok := <-{c}: show("c", x); show("ok", ok); default: step(6) }}')
        else:
            vs = [(n, t) for n, t in self.scope if t in SCALARS and not n.startswith('k')]
            if len(vs) > 1:
                a, t = self.pick(vs)
                b = self.pick([x for x, xt in vs if xt == t])
                self.line(f'swap(&{a}, &{b})')

    def deferred(self):
        self.last = self.pick(SCALARS)
        return self.last

    def nested(self, n, d):  # the body of a function literal: labels outside are out of reach
        labels, self.labels = self.labels, []
        self.block(n, d)
        self.labels = labels

    def loop(self, d):
        k = self.r.randrange(8)
        label = self.name('L') if self.chance(.4) else None
        i = self.name('k')
        mark = len(self.scope)
        kind = 'int'
        if label:
            self.line(f'{label}:')
        if k < 3:
            kind = self.pick(INTS)
            limit = self.pick([3, 7, 10, 20])
            self.line(self.pick([f'for {i} := {kind}(0); {i} < {limit}; {i}++ {{', f'for {i} := {kind}({limit}); {i} > 0; {i}-- {{',
                                 f'for {i} := {kind}(1); {i} <= {limit}; {i} += 2 {{', f'for {i} := range {kind}({limit}) {{']))
        elif k == 3:
            self.line(f'for {i} := range upto({self.value("int", 2)} & 7) {{')
        elif k == 4:
            kind = 'int32'
            j = self.name('k')
            self.line(f'for {j}, {i} := range {self.value("string", 2)} {{')
            self.line(f'\t_ = {j}')
            self.scope.append((j, 'int'))
        else:
            arrays = [(a, at) for a, at in self.scope if at[0] == '[']
            if arrays:
                a, at = self.pick(arrays)
                j = self.name('k')
                kind = at[at.index(']') + 1:]
                if k == 5:
                    keys = self.pick(arrays)
                    self.line(f'for {i}, {j} := range pairs({keys[0]}[:], {a}[:]) {{')
                    self.scope.append((j, kind))
                    kind = keys[1][keys[1].index(']') + 1:]
                else:
                    self.line(f'for {j}, {i} := range {a} {{')
                    self.scope.append((j, 'int'))
                self.line(f'\t_ = {j}')
            else:
                kind = 'int'
                self.line(f'for {i} := 0; {self.any("bool", 2)} && {i} < 30; {i}++ {{')
        self.scope.append((i, kind))
        self.line('\tstep(1)')
        self.line(f'\t_ = {i}')
        if label:
            self.labels.append(label)
            self.line(f'\tif {self.any("bool", 2)} {{ {self.pick(["continue", "break"])} {self.pick(self.labels)} }}')
            self.line(f'\tif {self.any("bool", 1)} {{ {self.pick(["continue", "break"])} {label} }}')
        elif self.chance(.3):
            self.line(f'\tif {self.any("bool", 2)} {{ {self.pick(["continue", "break"])} }}')
        self.block(3, d - 1)
        if label:
            self.labels.remove(label)
        self.line('}')
        del self.scope[mark:]

    def switch(self, d):
        t = self.pick(SCALARS)
        if t == 'bool' or t in FLOATS:
            self.line('switch {')
            cases = [self.any('bool', 3) for _ in range(3)]
        else:
            self.line(f'switch {self.value(t, 3)} {{')
            cases = sorted({self.constant(t) for _ in range(self.pick([2, 4, 12]))})
        for i, c in enumerate(cases):
            self.line(f'case {c}:')
            self.block(1, d - 1)
            if i < len(cases) - 1 and self.chance(.2):
                self.line('\tfallthrough')
        if self.chance(.7):
            self.line('default:')
            self.block(1, d - 1)
        self.line('}')

    def typeswitch(self, d):
        t, u = self.pick(SCALARS), self.pick(SCALARS)
        n = self.name()
        self.line(f'var {n} any = {self.value(t, 2)}')
        self.line(f'if {self.any("bool", 2)} {{ {n} = {self.value(u, 2)} }}')
        x = self.name('k')
        self.line(f'switch {x} := {n}.(type) {{')
        for c in self.r.sample(SCALARS, 4):
            self.line(f'case {c}:')
            self.scope.append((x, c))
            self.line(f'\t_ = {x}')
            self.block(1, d - 1)
            self.scope.pop()
        self.line('}')

    def shapes(self):
        n = self.name('o')
        made = self.pick(['square{int(%s)}', 'tiny(%s)', '&oblong{w: %s, h: 3, name: "n"}', 'holder{square{4}, %s}', '&holder{tiny(9), %s}',
                          'holder{&oblong{5, 6, ""}, %s}'])
        t = 'uint8' if 'tiny(%s' in made else 'int32' if 'oblong{w' in made else 'int8'
        self.line(f'var {n} shape = {made % self.any(t, 2)}')
        self.line(f'show("area", {n}.area())')
        f = self.name('g')
        self.line(f'{f} := {n}.{self.pick(["area", "grow(2).area"])}')
        self.line(f'{n} = {n}.grow({self.any("int", 1)} & 255)')
        self.line(f'show("bound", {f}())')
        self.line(f'show("area", {n}.area())')
        m = self.name('o')
        self.line(f'var {m} shape = {self.pick(["square{3}", "tiny(4)", n])}')
        self.line(f'show("same", {n} == {m})')
        self.line(f'show("expr", {self.pick(["shape.area", "(shape).area"])}({m}))')

    # ---- functions

    def results(self, show):
        for n, t in self.scope:
            if t in SCALARS:
                self.line(show % (n, n))
            elif t[0] == '[':
                self.line(f'for _, x := range {n} {{ {show % (n, "x")} }}')
            elif t[0] == '*' and t[1:] in SCALARS:
                self.line(show % (n, '*' + n))
            else:
                for s, fs in self.structs:
                    if t in (s, '*' + s):
                        for f, ft in fs:
                            if ft in SCALARS:
                                self.line(show % (n, f'{n}.{f}'))

    def function(self, i):
        params = [self.pick(SCALARS) for _ in range(self.r.randrange(5))]
        result, name = self.pick(SCALARS), f'fn{i}'
        self.scope = [(f'q{j}', t) for j, t in enumerate(params)]
        if self.chance(.2):
            self.text.append('//go:noinline')
        self.text.append(f'func {name}({", ".join(f"{n} {t}" for n, t in self.scope)}) (res {result}) {{')
        self.line(f'step({i})')
        if self.chance(.3):
            self.line(f'if {self.any("bool", 2)} {{ return {self.any(result, 2)} }}')
        self.scope.append(('res', result))
        if self.chance(.3):
            self.line(f'defer func() {{ if recover() != nil {{ trace, res = {self.r.randrange(9)}, {self.constant(result)} }} }}()')
        for _ in range(self.r.randrange(4)):
            self.statement(2)
        self.line(f'return {self.any(result, 3)}')
        self.text.append('}')
        self.functions.append((name, params, result))

    def fragment(self, i):
        self.scope = []
        self.text.append(f'func part{i}() {{')
        for _ in range(5):
            self.declare()
        for _ in range(self.r.randrange(6, 16)):
            self.statement(3)
        self.results('show("%s", %s)')
        self.text.append('}')

    def write(self):
        for i in range(3):
            fields = [(f'f{j}', self.pick(SCALARS)) for j in range(self.r.randrange(1, 7))]
            self.text.append(f'type st{i} struct {{ {"; ".join(f"{f} {t}" for f, t in fields)} }}')
            self.structs.append((f'st{i}', fields))
        for i in range(8):
            self.function(i)
        for i in range(12):
            self.fragment(i)
        self.text.append('func main() {')
        for i in range(12):
            self.line(f'run("part{i}", part{i})')
        self.text.append('}')
        return PRELUDE + '\n'.join(self.text) + '\n'


def generate(seed):
    return (Flow if seed % 3 == 0 else Program if seed % 2 else Heap)(seed).write()


def outcome(command, env, directory, name, flags, busy):
    out = f'{directory}/{name}'
    b = subprocess.run([command, 'build', '-gcflags=' + flags, '-o', out, directory + '/p.go'], env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if b.returncode:
        return 'build: ' + b.stdout.decode('utf8', 'replace')
    try:
        r = subprocess.run([out], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60, env=busy)
    except subprocess.TimeoutExpired:
        return 'it does not end'
    return f'{r.returncode}\n' + r.stdout.decode('utf8', 'replace')


def main():
    if sys.argv[1] == '-':
        sys.stdout.write(generate(int(sys.argv[2])))
        return
    go, goroot, peer, scratch, seconds = sys.argv[1:6]
    seed = int(sys.argv[6]) if len(sys.argv) > 6 else 1
    flags = sys.argv[7] if len(sys.argv) > 7 else ''
    common = {'HOME': scratch, 'PATH': '/usr/bin:/bin', 'CGO_ENABLED': '0', 'GOTOOLCHAIN': 'local', 'GOFLAGS': ''}
    ours = dict(common, GOROOT=goroot, GOCACHE=scratch + '/cache')
    theirs = dict(common, GOCACHE=scratch + '/cache.peer')
    end = time.time() + float(seconds)
    while time.time() < end:
        d = f'{scratch}/{seed}'
        os.makedirs(d, exist_ok=True)
        with open(d + '/p.go', 'w') as f:
            f.write(generate(seed))
        busy = {'GOGC': '1', 'GODEBUG': 'clobberfree=1'} if seed % 4 == 0 else {}
        a, b = outcome(go, ours, d, 'ours', flags, busy), outcome(peer, theirs, d, 'theirs', flags, {})
        if a == b and a.startswith('build: '):  # the generator wrote what is no program; both say so
            print(f'SKIP seed {seed}')
        elif a == b:
            print(f'PASS seed {seed}')
            shutil.rmtree(d)
        else:
            pair = next(((x, y) for x, y in zip(a.split('\n'), b.split('\n')) if x != y), (a[-200:], b[-200:]))
            print(f'FAIL seed {seed} {pair[0]!r} for {pair[1]!r}', flush=True)
        seed += 1


main()
