"""Random Go programs about memory: structs, pointers, slices, maps, closures, generic containers, goroutines, deep stacks.

Heap(SEED).write() is a program that prints checksums of what it built; a panic is recovered in the function that is run and
its message printed. randomgo.py builds and compares them. Generator is what its programs and these are written with.
"""
import random

SCALARS = ['int', 'uint8', 'int32', 'uint64', 'float64', 'string', 'bool', 'complex128']
KEYS = ['int', 'string', 'uint8', 'int32', 'bool']

PRELUDE = '''package main

import (
	"runtime"
	"sync"
)

var fuel, state int

func step() {
	if fuel--; fuel < 0 {
		panic("fuel")
	}
}
func mix(h, x uint64) uint64 { return (h ^ x) * 1099511628211 }
func show(name string, h uint64) { println(name, h) }
func run(name string, f func() uint64) {
	fuel, state = 4000, 1
	defer func() {
		switch r := recover().(type) {
		case nil:
		case error:
			println(name, "panic", r.Error(), state)
		case string:
			println(name, "panic", r, state)
		}
	}()
	show(name, f())
}
func at[T any](s []T, i int) (v T) {
	if uint(i) < uint(len(s)) {
		v = s[i]
	}
	return
}
func within(i, n int) int { return int(uint(i) % uint(n)) }
func deref[T any](p *T) (v T) {
	if p != nil {
		return *p
	}
	return
}
func ptr[T any](v T) *T { return &v }
func two[A, B any](a A, b B) (A, B) { return a, b }
func first[A, B any](a A, _ B) A { return a }
func keep[T any](v T) T {
	state++
	return v
}
//go:noinline
func opaque[T any](v T) T {
	state += 3
	return v
}
//go:noinline
func deep[T any](n int, p *T, f func(*T)) {
	var pad [40]int
	pad[n%40] = n
	if n == 0 {
		f(p)
		return
	}
	q := *p
	deep(n-1, &q, f)
	*p = q
	state += pad[n%40] - n
}
func tree[T any](n int, f func(int) T, c func(T) uint64) uint64 {
	if n <= 0 {
		return c(f(n))
	}
	v := f(n)
	l, r := tree(n-1, f, c), tree(n-2, f, c)
	return mix(mix(c(v), l), r)
}

type pair[A, B any] struct {
	a A
	b B
}

func (p pair[A, B]) swap() pair[B, A] { return pair[B, A]{p.b, p.a} }
func (p *pair[A, B]) set(a A, b B) *pair[A, B] {
	p.a, p.b = a, b
	return p
}

type list[T any] struct {
	head, tail *cell[T]
	n          int
}
type cell[T any] struct {
	v    T
	next *cell[T]
}

func listOf[T any](vs ...T) *list[T] {
	l := new(list[T])
	for _, v := range vs {
		l.push(v)
	}
	return l
}
func (l *list[T]) push(v T) *list[T] {
	if l.n > 20 {
		l.head, l.n = l.head.next, l.n-1
	}
	c := &cell[T]{v: v}
	if l.tail == nil || l.head == nil {
		l.head = c
	} else {
		l.tail.next = c
	}
	l.tail = c
	l.n++
	return l
}
func (l *list[T]) all(yield func(T) bool) {
	if l == nil {
		return
	}
	defer func() { state += 7 }()
	for c := l.head; c != nil; c = c.next {
		step()
		if !yield(c.v) {
			return
		}
	}
}
func (l *list[T]) indexed() func(func(int, T) bool) {
	return func(yield func(int, T) bool) {
		i := 0
		for v := range l.all {
			if !yield(i, v) {
				break
			}
			i++
		}
	}
}
func apply[T, U any](l *list[T], f func(T) U) *list[U] {
	r := listOf[U]()
	for v := range l.all {
		r.push(f(v))
	}
	return r
}
// The goroutines take turns: what they change is shared.
func gather[T any](n int, f func(int) T, c func(T) uint64) (h uint64) {
	ch := make(chan uint64)
	turn := make(chan int, 1)
	var wg sync.WaitGroup
	for i := range n {
		wg.Add(1)
		go func() {
			defer wg.Done()
			var r uint64 = 5
			defer func() {
				if recover() != nil {
					r = 99
				}
				turn <- i + 1
				ch <- r
			}()
			for k := <-turn; k != i; k = <-turn {
				turn <- k
				runtime.Gosched()
			}
			if i == 1 {
				runtime.GC()
			}
			r = c(f(i))
		}()
	}
	turn <- 0
	go func() { wg.Wait(); close(ch) }()
	for x := range ch {
		h += x
	}
	return
}

type shape interface {
	size() int
	scale(n int) shape
}
type num int
type named struct {
	name string
	n    int32
}
type wrap struct {
	shape
	extra []int
}

func (n num) size() int           { return int(n) }
func (n num) scale(k int) shape   { return n * num(k) }
func (n *named) size() int        { return len(n.name) + int(n.n) }
func (n *named) scale(k int) shape { return &named{n.name + "s", n.n * int32(k)} }
func (w wrap) scale(k int) shape  { w.extra = append(w.extra, k); return wrap{w.shape.scale(k), w.extra} }
func hshape(s shape) uint64 {
	switch s := s.(type) {
	case nil:
		return 1
	case num:
		return mix(2, uint64(s))
	case *named:
		if s == nil {
			return 4
		}
		return mix(3, uint64(s.size()))
	case wrap:
		return mix(mix(uint64(len(s.extra)), 77), hshape(s.shape))
	}
	return 9
}
func hint(v int) uint64         { return uint64(v) }
func huint8(v uint8) uint64     { return uint64(v) + 256 }
func hint32(v int32) uint64     { return uint64(v) * 3 }
func huint64(v uint64) uint64   { return v }
func hfloat64(v float64) uint64 {
	if v != v || v > 1e15 || v < -1e15 {
		return 12
	}
	return uint64(int64(v*64)) + 1
}
func hcomplex128(v complex128) uint64 { return mix(hfloat64(real(v)), hfloat64(imag(v))) }
func hbool(v bool) uint64 {
	if v {
		return 31
	}
	return 7
}
func hstring(v string) uint64 {
	h := uint64(14695981039346656037)
	for i := 0; i < len(v); i++ {
		h = mix(h, uint64(v[i]))
	}
	return h
}
func cut(s string) string {
	if len(s) > 30 {
		return s[len(s)-30:]
	}
	return s
}
'''


class Generator:
    def __init__(self, seed):
        self.r = random.Random(seed)
        self.text, self.depth, self.names = [], 1, 0
        self.structs, self.functions, self.scope = [], [], []

    def pick(self, items):
        return self.r.choice(list(items))

    def chance(self, p):
        return self.r.random() < p

    def name(self, prefix='v'):
        self.names += 1
        return f'{prefix}{self.names}'

    def line(self, text):
        self.text.append('\t' * self.depth + text)

    def block(self, n, d):
        mark = len(self.scope)
        self.depth += 1
        for _ in range(n):
            self.statement(d)
        self.depth -= 1
        del self.scope[mark:]


class Heap(Generator):  # structs: their fields; functions: (name, parameter types, result types)
    def __init__(self, seed):
        super().__init__(seed)
        self.hashes, self.hash_text = {}, []

    # ---- types are tuples: ('int',), ('struct', i), ('*', t), ('[]', t), ('[n]', n, t), ('map', k, t), ('func', t, u),
    # ('any',), ('shape',), ('list', t), ('pair', a, b)

    def type(self, d=2, below=99):
        k = self.r.randrange(20)
        if d <= 0 or k < 5:
            return (self.pick(SCALARS),)
        if k < 9:
            n = min(below, len(self.structs))
            return ('struct', self.r.randrange(n)) if n else ('shape',)
        if k < 11:
            return ('*', self.type(d - 1))
        if k < 13:
            return ('[]', self.type(d - 1))
        if k == 13:
            return ('[n]', self.r.randrange(1, 5), self.type(d - 1, below))
        if k == 14:
            return ('map', (self.pick(KEYS),), self.type(d - 1))
        if k == 15:
            return ('func', (self.pick(SCALARS),), self.type(d - 1))
        if k == 16:
            return ('any',)
        if k == 17:
            return ('shape',)
        if k == 18:
            return ('list', self.type(d - 1))
        return ('pair', self.type(d - 1, below), self.type(d - 1, below))

    def str(self, t):
        k = t[0]
        if k == 'struct':
            return f'st{t[1]}'
        if k in ('*', '[]'):
            return k + self.str(t[1])
        if k == '[n]':
            return f'[{t[1]}]{self.str(t[2])}'
        if k == 'map':
            return f'map[{self.str(t[1])}]{self.str(t[2])}'
        if k == 'func':
            return f'func({self.str(t[1])}) {self.str(t[2])}'
        if k == 'list':
            return f'*list[{self.str(t[1])}]'
        if k == 'pair':
            return f'pair[{self.str(t[1])}, {self.str(t[2])}]'
        return k

    def comparable(self, t):
        k = t[0]
        if k in ('[]', 'map', 'func', 'any', 'shape'):
            return False
        if k == 'struct':
            return all(self.comparable(ft) for _, ft in self.structs[t[1]])
        if k == '[n]':
            return self.comparable(t[2])
        return k != 'pair' or (self.comparable(t[1]) and self.comparable(t[2]))

    # The name of a function that gives a checksum of a value of t; it looks d levels deep behind pointers.
    def hash(self, t, d=2):
        k = t[0]
        if k in SCALARS or k == 'shape':
            return 'h' + k
        if (t, d) in self.hashes:
            return self.hashes[t, d]
        n = self.hashes[t, d] = self.name('h_')
        out = [f'func {n}(v {self.str(t)}) (h uint64) {{']
        if k == 'struct':
            for f, ft in self.structs[t[1]]:
                out.append(f'\th = mix(h, {self.hash(ft, d)}(v.{f}))')
        elif k == 'pair':
            out.append(f'\th = mix({self.hash(t[1], d)}(v.a), {self.hash(t[2], d)}(v.b))')
        elif k == '[n]':
            out.append(f'\tfor i := range v {{\n\t\th = mix(h, {self.hash(t[2], d)}(v[i]))\n\t}}')
        elif k == '*':
            out.append('\tif v == nil {\n\t\treturn 3\n\t}')
            out.append(f'\th = mix(5, {self.hash(t[1], d - 1)}(*v))' if d else '\th = 6')
        elif k == '[]':
            out.append('\th = uint64(len(v))')
            if d:
                out.append(f'\tfor _, x := range v {{\n\t\th = mix(h, {self.hash(t[1], d - 1)}(x))\n\t}}')
        elif k == 'map':
            out.append('\th = uint64(len(v))')
            if d:
                out.append(f'\tfor k, x := range v {{\n\t\th += mix({self.hash(t[1])}(k), {self.hash(t[2], d - 1)}(x))\n\t}}')
        elif k == 'list':
            out.append('\tif v == nil {\n\t\treturn 8\n\t}')
            if d:
                out.append(f'\tfor x := range v.all {{\n\t\th = mix(h, {self.hash(t[1], d - 1)}(x))\n\t}}')
        elif k == 'func':
            out.append('\tif v == nil {\n\t\treturn 11\n\t}\n\treturn 13')
        else:
            cases = self.r.sample(SCALARS, 4) + [f'st{i}' for i in range(len(self.structs))]
            out.append('\tswitch x := v.(type) {\n\tcase nil:\n\t\treturn 17')
            for c in cases:
                f = f'h{c}' if c in SCALARS else self.hash(('struct', int(c[2:])), 0) if d else None
                out.append(f'\tcase {c}:\n\t\t' + (f'h = mix(19, {f}(x))' if f else '_ = x\n\t\th = 23'))
            out.append('\tcase shape:\n\t\th = hshape(x)\n\t}')
        out.append('\treturn\n}')
        self.hash_text += out
        return n

    # ---- values

    def vars(self, t):
        return [n for n, vt in self.scope if vt == t]

    def parts(self, t):  # expressions of type t that lie in variables
        out = []
        for n, vt in self.scope:
            k = vt[0]
            if k == 'struct':
                out += [f'{n}.{f}' for f, ft in self.structs[vt[1]] if ft == t]
            elif k == '*' and vt[1][0] == 'struct':
                out += [f'{n}.{f}' for f, ft in self.structs[vt[1][1]] if ft == t]
            elif k == '*' and vt[1] == t:
                out.append(f'(*{n})')
            elif k == '[]' and vt[1] == t:
                out += [f'{n}[{self.small()}]', f'{n}[len({n})-1]']
            elif k == '[n]' and vt[2] == t:
                out += [f'{n}[{self.r.randrange(vt[1])}]', f'{n}[within({self.value(("int",), 1)}, {vt[1]})]']
            elif k == 'map' and vt[2] == t:
                out.append(f'{n}[{self.value(vt[1], 1)}]')
            elif k == 'pair':
                out += [f'{n}.{f}' for f, ft in (('a', vt[1]), ('b', vt[2])) if ft == t]
        return out

    def small(self):
        return self.pick(['0', '1', '2', f'within({self.value(("int",), 0)}, 3)'])

    def value(self, t, d):
        c = self.r.random()
        vs = self.vars(t)
        if vs and (c < .35 or d <= 0):
            return self.pick(vs)
        if d > 0 and c < .5:
            ps = self.parts(t)
            if ps:
                return self.pick(ps)
        if d > 0 and c < .58:
            fs = [f for f in self.functions if t in f[2]]
            if fs:
                f = self.pick(fs)
                call = f'{f[0]}({", ".join(self.value(p, d - 2) for p in f[1])})'
                if len(f[2]) == 1:
                    return call
                names = ['_'] * len(f[2])
                names[f[2].index(t)] = 'x'
                return f'func() {self.str(t)} {{ {", ".join(names)} := {call}; return x }}()'
        if d > 0 and c < .62:
            return f'{self.pick(["keep", "opaque"])}({self.typed(t, d - 1)})'
        if d > 0 and c < .64:
            fs = [n for n, vt in self.scope if vt[0] == 'func' and vt[2] == t]
            if fs:
                n = self.pick(fs)
                return f'{n}({self.value(dict(self.scope)[n][1], d - 1)})'
        if d > 0 and c < .66:
            return f'at({self.value(("[]", t), d - 1)}, {self.small()})'
        if d > 0 and c < .68:
            return f'deref({self.value(("*", t), d - 1)})'
        if d > 0 and c < .70:
            u = self.type(1)
            return f'first(two({self.typed(t, d - 1)}, {self.typed(u, d - 1)}))'
        return self.make(t, d)

    def typed(self, t, d):  # a value whose type an inferring call sees
        v = self.value(t, d)
        return v if v in self.vars(t) else f'{self.paren(t)}({v})'

    def paren(self, t):
        s = self.str(t)
        return f'({s})' if s[0] in '*f' and not s.startswith('float64') else s

    def make(self, t, d):
        k, d = t[0], d - 1
        s = self.str(t)
        if k in SCALARS:
            return self.scalar(k, d)
        if k == 'struct':
            fs = self.structs[t[1]]
            if d < 0:
                return s + '{}'
            if self.chance(.2):
                return s + '{' + ', '.join(self.value(ft, d) for _, ft in fs) + '}'
            return s + '{' + ', '.join(f'{f}: {self.value(ft, d)}' for f, ft in fs if self.chance(.6)) + '}'
        if k == '*':
            if d < 0:
                return f'new({self.str(t[1])})'
            c = self.r.random()
            vs = [n for n, vt in self.scope if vt == t[1] and not n.startswith('k')]
            if vs and c < .3:
                return '&' + self.pick(vs)
            if t[1][0] in ('struct', '[n]', 'pair') and c < .7:
                v = self.make(t[1], d)
                if v.endswith('}'):
                    return '&' + v
            return f'ptr({self.typed(t[1], d)})' if c < .9 else f'({s})(nil)'
        if k == '[]':
            c = self.r.random()
            vs = self.vars(t)
            if vs and c < .25 and d >= 0:
                v = self.pick(vs)
                return f'append({v}[:len({v}):len({v})], {self.value(t[1], d)})' if self.chance(.5) else \
                       f'append({v}[:min(len({v}), 9)], {", ".join(self.value(t[1], d) for _ in range(self.r.randrange(1, 3)))})'
            if vs and c < .4:
                v = self.pick(vs)
                return f'{v}[min({self.small()}, len({v})):]' if self.chance(.5) else f'{v}[:min({self.small()}, len({v}))]'
            ars = [n for n, vt in self.scope if vt[0] == '[n]' and vt[2] == t[1] and not n.startswith('k')]
            if ars and c < .6:
                return f'{self.pick(ars)}[{self.pick(["", "1"])}:]'
            if c < .65:
                return f'make({s}, {self.small()}, 5)'
            return s + '{' + ', '.join(self.value(t[1], d) for _ in range(self.r.randrange(4) if d >= 0 else 0)) + '}'
        if k == '[n]':
            ss = self.vars(('[]', t[2]))
            if ss and self.chance(.1):
                return f'{s}({self.pick(ss)})'
            return s + '{' + ', '.join(self.value(t[2], d) for _ in range(self.r.randrange(t[1] + 1) if d >= 0 else 0)) + '}'
        if k == 'map':
            if d < 0 or t[1] == ('bool',):
                return s + '{}'
            keys = list(dict.fromkeys(self.literal(t[1][0]) for _ in range(self.r.randrange(4))))
            return s + '{' + ', '.join(f'{x}: {self.value(t[2], d)}' for x in keys) + '}'
        if k == 'func':
            return self.closure(t, d)
        if k == 'any':
            u = self.type(1)
            return 'any(nil)' if d < 0 or self.chance(.1) else f'any({self.typed(u, d)})'
        if k == 'shape':
            c = self.r.randrange(5)
            if c == 0 or d < 0:
                return f'shape(num({self.r.randrange(300)}))'
            if c == 1:
                return f'shape(&named{{{self.value(("string",), d)}, {self.value(("int32",), d)}}})'
            if c == 2:
                return f'shape(wrap{{{self.value(t, d)}, {self.value(("[]", ("int",)), d)}}})'
            return f'{self.value(t, d)}.scale({self.value(("int",), d)})' if c == 3 else 'shape(nil)'
        if k == 'list':
            if d < 0:
                return f'listOf[{self.str(t[1])}]()'
            c = self.r.random()
            if c < .3 and self.vars(t):
                return f'{self.pick(self.vars(t))}.push({self.value(t[1], d)})'
            if c < .5:
                u = self.type(1)
                ls = self.vars(('list', u)) or [f'listOf[{self.str(u)}]({self.value(u, d)})']
                return f'apply({self.pick(ls)}, {self.closure(("func", u, t[1]), d)})'
            return f'listOf[{self.str(t[1])}]({", ".join(self.value(t[1], d) for _ in range(self.r.randrange(4)))})'
        if d >= 0 and self.chance(.2):
            return f'{self.make(("pair", t[2], t[1]), d)}.swap()'
        return f'{s}{{{self.value(t[1], d)}, {self.value(t[2], d)}}}' if d >= 0 else s + '{}'

    def closure(self, t, d):
        p = self.name('x')
        saved = self.scope
        self.scope = saved + [(p, t[1])]
        change = ''
        vs = [(n, vt) for n, vt in saved if vt[0] in SCALARS and not n.startswith('k')]
        if vs and self.chance(.4):
            n, vt = self.pick(vs)
            change = f'{n} = {self.scalar(vt[0], 1)}; '
        r = f'func({p} {self.str(t[1])}) {self.str(t[2])} {{ step(); {change}return {self.value(t[2], min(d, 2))} }}'
        self.scope = saved
        return r

    def literal(self, k):
        if k == 'string':
            return self.pick(['""', '"a"', '"hello"', '"wörld"', '"0123456789"'])
        if k == 'bool':
            return self.pick(['true', 'false'])
        if k == 'float64':
            return self.pick(['0.5', '-2.25', '1e6', '3.0'])
        if k == 'complex128':
            return self.pick(['(1+2i)', '-3i', '(0.5-1i)'])
        return str(self.r.randrange(0 if k[0] == 'u' else -5, 100))

    def scalar(self, k, d):
        t = (k,)
        if d < 0 or self.chance(.2):
            return f'{k}({self.literal(k)})'
        c = self.r.random()
        if k == 'string':
            if c < .5:
                return f'cut({self.value(t, d)} + {self.value(t, d)})'
            return f'string([]byte{{\'a\' + {self.value(("uint8",), d)}%26, \'z\'}})' if c < .8 else f'keep({self.value(t, d)})[:min(2, len({self.literal(k)}))]'
        if k == 'bool':
            cmps = [vt for _, vt in self.scope if self.comparable(vt) and vt[0] not in ('list', '*')]
            if cmps and c < .5:
                u = self.pick(cmps)
                return f'({self.value(u, 0)} == {self.pick(self.vars(u))})'
            if c < .8:
                u = (self.pick(['int', 'uint8', 'string', 'float64']),)
                return f'({self.value(u, d)} {self.pick(["<", ">=", "=="])} {self.value(u, d)})'
            return f'({self.value(t, d)} {self.pick(["&&", "||"])} {self.value(t, d)})'
        if k == 'int' and c < .2:
            ss = [n for n, vt in self.scope if vt[0] in ('[]', 'map', '[n]', 'string')]
            if ss:
                return f'len({self.pick(ss)})'
        if k == 'int' and c < .3:
            return f'{self.value(("shape",), d)}.size()'
        if k == 'float64':
            return f'real({self.value(("complex128",), d)})' if c < .2 else f'({self.value(t, d)} {self.pick("+-*")} {self.value(t, d)})'
        if k == 'complex128':
            return f'complex({self.value(("float64",), d)}, {self.value(("float64",), d)})' if c < .3 else f'({self.value(t, d)} {self.pick("+-*")} {self.value(t, d)})'
        if c < .5:
            return f'{k}({self.dynamic((self.pick(["int", "uint8", "int32", "uint64"]),), d)})'
        return f'({self.dynamic(t, d)} {self.pick(["+", "-", "*", "^", "&", "|"])} {self.value(t, d)})'

    def dynamic(self, t, d):  # a scalar that is no constant, which might overflow
        v = self.value(t, d)
        return f'keep({v})' if v.startswith(t[0] + '(') else v

    # ---- statements

    def declare(self, t=None, d=2):
        t = t or self.type()
        v = self.value(t, d)
        n = self.name('v')
        self.line(f'var {n} {self.str(t)} = {v}')
        self.line(f'_ = {n}')
        self.scope.append((n, t))
        return n

    def places(self):
        out = []
        for n, t in self.scope:
            if n.startswith('k'):
                continue
            out.append((n, t))
            k = t[0]
            if k == 'struct' or (k == '*' and t[1][0] == 'struct'):
                out += [(f'{n}.{f}', ft) for f, ft in self.structs[t[1] if k == 'struct' else t[1][1]]]
            elif k == '*':
                out.append((f'*{n}', t[1]))
            elif k == '[]':
                out.append((f'{n}[{self.small()}]', t[1]))
            elif k == '[n]':
                out.append((f'{n}[{self.r.randrange(t[1])}]', t[2]))
            elif k == 'map':
                out.append((f'{n}[{self.value(t[1], 1)}]', t[2]))
            elif k == 'pair':
                out += [(f'{n}.a', t[1]), (f'{n}.b', t[2])]
        return out

    def loop_over(self, head, names, d):
        mark = len(self.scope)
        self.line(head + ' {')
        self.line('\tstep()')
        for n, t in names:
            self.line(f'\t_ = {n}')
            self.scope.append((n, t))
        self.block(self.r.randrange(1, 4), d - 1)
        if self.chance(.2):
            self.line(f'\tif {self.value(("bool",), 1)} {{ {self.pick(["break", "continue"])} }}')
        self.line('}')
        del self.scope[mark:]

    def statement(self, d):
        k = self.r.randrange(24)
        places = self.places()
        if d <= 0:
            k = self.pick([0, 1, 2, 6, 9])
        if k < 4 and places:
            p, t = self.pick(places)
            if t[0] in ('int', 'uint8', 'int32', 'uint64') and self.chance(.4):
                self.line(f'{p} {self.pick(["+=", "-=", "^=", "*="])} {self.value(t, 2)}')
            elif self.chance(.15):
                q, u = self.pick(places)
                self.line(f'{p}, {q} = two({self.typed(t, 1)}, {self.typed(u, 1)})')
            elif self.chance(.1):
                q = self.pick([x for x, u in places if u == t])
                self.line(f'{p}, {q} = {q}, {p}')
            else:
                self.line(f'{p} = {self.value(t, 3)}')
        elif k < 6:
            self.declare()
        elif k == 6:
            ss = [(p, t) for p, t in places if t[0] == '[]']
            if ss:
                p, t = self.pick(ss)
                self.line(f'if len({p}) < 12 {{ {p} = append({p}, {self.value(t[1], 2)}) }}')
        elif k == 7:
            self.line(f'if {self.value(("bool",), 2)} {{')
            self.block(2, d - 1)
            if self.chance(.5):
                self.line('} else {')
                self.block(2, d - 1)
            self.line('}')
        elif k == 8:
            n, t = self.pick(self.scope or [(self.declare(('int',)), ('int',))])
            if t[0] in ('[]', '[n]'):
                i, x = self.name('k'), self.name('k')
                self.loop_over(f'for {i}, {x} := range {n}', [(i, ('int',)), (x, t[-1])], d)
            elif t[0] == 'list':
                i, x = self.name('k'), self.name('k')
                self.loop_over(f'for {i}, {x} := range {n}.indexed()', [(i, ('int',)), (x, t[1])], d)
            else:
                i = self.name('k')
                self.loop_over(f'for {i} := range {self.r.randrange(1, 6)}', [(i, ('int',))], d)
        elif k == 9:
            n, t = self.pick(self.scope or [(self.declare(('int',)), ('int',))])
            self.line(f'show("{n}", {self.hash(t)}({n}))')
        elif k == 10:
            self.line('runtime.GC()' if self.chance(.3) else 'state++')
        elif k == 11:
            t = self.type()
            self.line(f'show("gather", gather({self.r.randrange(1, 5)}, {self.closure(("func", ("int",), t), 2)}, {self.hash(t)}))')
        elif k == 12:
            t = self.type()
            n = self.pick(self.vars(t)) if self.vars(t) else self.declare(t)
            if n.startswith('k'):
                return
            p = self.name('x')
            self.scope.append((p, ('*', t)))
            self.line(f'deep({self.pick([3, 30, 300, 3000])}, &{n}, func({p} *{self.str(t)}) {{')
            self.block(2, d - 1)
            self.line('})')
            self.scope.pop()
        elif k == 13:
            t = self.type()
            self.line(f'show("tree", tree({self.r.randrange(1, 6)}, {self.closure(("func", ("int",), t), 2)}, {self.hash(t)}))')
        elif k == 14:
            self.line('func() {')
            self.depth += 1
            self.line(f'defer func() {{ if r := recover(); r != nil {{ state += {self.r.randrange(9)} }} }}()')
            self.depth -= 1
            self.block(3, d - 1)
            self.line('}()')
        elif k == 15:
            ps = [(p, t) for p, t in places if t[0] in SCALARS]
            if ps:
                p, t = self.pick(ps)
                x = self.name('x')
                self.line(f'defer func({x} {self.str(t)}) {{ show("d", {self.hash(t)}({x})); state ^= 5 }}({self.value(t, 2)})')
        elif k == 16:
            n = self.declare(('any',))
            x = self.name('k')
            self.line(f'switch {x} := {n}.(type) {{')
            for t in dict.fromkeys(self.type(1) for _ in range(4)):
                self.line(f'case {self.str(t)}:')
                self.line(f'\t_ = {x}')
                self.scope.append((x, t))
                self.block(1, d - 1)
                self.scope.pop()
            self.line('}')
        elif k == 17:
            t = self.type(1)
            c = self.name('v')
            self.line(f'{c} := make(chan {self.str(t)}, 3)')
            self.line(f'{c} <- {self.value(t, 2)}')
            x = self.name('v')
            self.line(f'select {{ case {x} := <-{c}: show("c", {self.hash(t)}({x})); default: state++ }}')
            self.line(f'go func() {{ defer close({c}); {c} <- {self.pick(self.vars(t)) if self.vars(t) else self.make(t, 0)} }}()')
            self.line(f'for {x} := range {c} {{ show("c", {self.hash(t)}({x})) }}')
        elif k == 18:
            ps = [(p, t) for p, t in places if t[0] == 'map']
            if ps:
                p, t = self.pick(ps)
                self.line(self.pick([f'delete({p}, {self.value(t[1], 1)})', f'clear({p})', f'for k, v := range {p} {{ _ = k; state += int({self.hash(t[2])}(v)) }}']))
        elif k == 19:
            fs = [(n, t) for n, t in self.scope if t[0] == 'func']
            n, t = self.pick(fs) if fs else (None, ('func', ('int',), self.type(1)))
            n = n or self.declare(t)
            for _ in range(2):
                self.line(f'show("f", {self.hash(t[2])}({n}({self.value(t[1], 1)})))')
        elif k == 20:
            label, i = self.name('again'), self.name('k')
            self.line(f'{i} := 0')
            self.text.append(f'{label}:')
            self.line('{')
            self.block(2, d - 1)
            self.line('}')
            self.line(f'if {i}++; {i} < 3 {{ step(); goto {label} }}')
        elif k == 21:
            label = self.name('out')
            self.text.append(f'{label}:')
            i = self.name('k')
            self.line(f'for {i} := range 4 {{')
            self.line('\tstep()')
            self.line(f'\tfor range 2 {{ if {i} > {self.r.randrange(4)} && {self.value(("bool",), 1)} {{ {self.pick(["continue", "break"])} {label} }} }}')
            self.scope.append((i, ('int',)))
            self.block(2, d - 1)
            self.scope.pop()
            self.line('}')
        else:
            t = self.type()
            if t[0] in SCALARS:
                t = ('pair', t, self.type(1))
            self.declare(t, 3)

    def function(self, i):
        params = [self.type(1) for _ in range(self.r.randrange(4))]
        results = [self.type(1) for _ in range(self.r.randrange(1, 4))]
        self.scope = [(f'q{j}', t) for j, t in enumerate(params)]
        if self.chance(.3):
            self.text.append('//go:noinline')
        self.text.append(f'func fn{i}({", ".join(f"{n} {self.str(t)}" for n, t in self.scope)}) ({", ".join(f"r{j} {self.str(t)}" for j, t in enumerate(results))}) {{')
        self.line('step()')
        self.scope += [(f'r{j}', t) for j, t in enumerate(results)]
        if self.chance(.3):
            self.line(f'defer func() {{ if recover() != nil {{ r0 = {self.make(results[0], 1)} }} }}()')
        for _ in range(self.r.randrange(4)):
            self.statement(1)
        self.line(f'return {", ".join(self.value(t, 2) for t in results)}' if self.chance(.7) else 'return')
        self.text.append('}')
        self.functions.append((f'fn{i}', params, results))

    def write(self):
        for i in range(5):
            fields = [(f'f{j}', self.type(2, below=i)) for j in range(self.r.randrange(1, 6))]
            fields = [(f, ('*', t) if t[0] == 'struct' and t[1] >= i else t) for f, t in fields]
            self.structs.append(fields)
            self.text.append(f'type st{i} struct {{\n' + '\n'.join(f'\t{f} {self.str(t)}' for f, t in fields) + '\n}')
        for i in range(5):
            self.function(i)
        for i in range(8):
            self.scope = []
            self.text.append(f'func part{i}() (h uint64) {{')
            for _ in range(5):
                self.declare()
            for _ in range(self.r.randrange(6, 14)):
                self.statement(3)
            for n, t in self.scope:
                self.line(f'h = mix(h, {self.hash(t)}({n}))')
            self.line('return')
            self.text.append('}')
        main = ['func main() {'] + [f'\trun("part{i}", part{i})' for i in range(8)] + ['}']
        return PRELUDE + '\n'.join(self.text + self.hash_text + main) + '\n'
