"""Random Go programs about control and values: labels, select, defers that recover, loops over functions, embedded interfaces,
generic types, big switches, copies of arrays and structs, slices that share arrays, strings that are not UTF-8, conversions and
shifts at their limits, complex numbers, maps that change while they are ranged over.

Flow(SEED).write() is a program that prints what happened, whose outcome is defined; randomgo.py builds and compares them.
"""
from randomheap import Generator

INTS = ['int8', 'int16', 'int32', 'int64', 'int', 'uint8', 'uint16', 'uint32', 'uint64', 'uint', 'uintptr']
BITS = {'8': 8, '16': 16, '32': 32, '64': 64}

PRELUDE = '''package main

import (
	"fmt"
	"math"
	"strings"
	"unsafe"
)

var fuel int
var out strings.Builder
var _ unsafe.Pointer

func step() {
	if fuel--; fuel < 0 {
		panic("fuel")
	}
}
func say(name string, v ...any) {
	if out.Len() < 6000 {
		fmt.Fprintln(&out, append([]any{name}, v...)...)
	}
}
func run(name string, f func(int) (int, string), n int) {
	fuel = 600
	out.Reset()
	defer func() {
		r := recover()
		fmt.Print(out.String())
		fmt.Println(name, "panic", r)
	}()
	a, s := f(n)
	say(name, a, s)
}

//go:noinline
func opaque[T any](v T) T { return v }
func same[T any](v T) T   { return v }
func first[T any](v T, _ ...any) T { return v }
func bits(f float64) uint64 {
	if f != f {
		return 1
	}
	return math.Float64bits(f)
}

type namer interface{ name(int) string }
type counter interface {
	namer
	add(int) int
}
type base struct{ n int }

func (b base) name(k int) string { return fmt.Sprint("base", b.n, k) }
func (b *base) add(k int) int    { b.n += k; return b.n }

type mid struct {
	*base
	tag string
}
type wrap struct {
	namer
	k int8
}
type deepw struct {
	wrap
	counter2
}
type counter2 struct{ counter }
type word string

func (w word) name(k int) string { return string(w[:min(len(w), k&3)]) }

type fn func(int) int

func (f fn) name(k int) string { return fmt.Sprint("fn", f(k)) }
func (f fn) add(k int) int     { return f(f(k)) }

type box[T any] struct {
	v T
	n int
}

func (b box[T]) get() T           { return b.v }
func (b *box[T]) put(v T) *box[T] { b.v, b.n = v, b.n+1; return b }
func (b box[T]) each(yield func(int, T) bool) {
	defer func() { fuel-- }()
	for i := range b.n {
		if !yield(i, b.v) {
			return
		}
	}
}

type num interface {
	~int8 | ~int16 | ~int32 | ~int64 | ~int | ~uint8 | ~uint16 | ~uint32 | ~uint64 | ~uint | ~float64 | ~string
}

func fold[T num](s []T) (t T) {
	for _, v := range s {
		t += v
	}
	return
}
func most[T num](a T, s ...T) T {
	for _, v := range s {
		a = max(a, v)
	}
	return a
}

type tree[K num, V any] struct {
	k    K
	v    V
	l, r *tree[K, V]
}

func (t *tree[K, V]) with(k K, v V) *tree[K, V] {
	switch {
	case t == nil:
		return &tree[K, V]{k: k, v: v}
	case k < t.k:
		t.l = t.l.with(k, v)
	case k > t.k:
		t.r = t.r.with(k, v)
	default:
		t.v = v
	}
	return t
}
func (t *tree[K, V]) all(yield func(K, V) bool) { t.walk(yield) }
func (t *tree[K, V]) walk(yield func(K, V) bool) bool {
	return t == nil || t.l.walk(yield) && yield(t.k, t.v) && t.r.walk(yield)
}
func count(n int) func(func(int) bool) {
	return func(yield func(int) bool) {
		defer func() { say("done", n) }()
		for i := 0; i < n && yield(i); i++ {
			step()
		}
	}
}
func zip[A, B any](a []A, b []B) func(func(A, B) bool) {
	return func(yield func(A, B) bool) {
		for i, x := range a {
			if i >= len(b) || !yield(x, b[i]) {
				return
			}
		}
	}
}

type row [3]int
type grid [4]row
type big struct {
	a    [20]int
	s    string
	g    grid
	next any
}

func (b big) bump(k int) big   { b.a[k%20]++; b.g[k&3][k%3] += k; return b }
func (b *big) touch(k int) int { b.a[(k+1)%20] += k; return b.a[k%20] }

type cmp struct {
	f float64
	s string
	a any
	r row
}
'''


class Flow(Generator):
    def __init__(self, seed):
        super().__init__(seed)
        self.labels, self.loops = [], []
        self.result = True  # return statements give the function's results

    # ---- expressions

    def n(self):  # an int
        k = self.r.randrange(12)
        vs = [v for v, t in self.scope if t == 'int']
        if vs and k < 6:
            return self.pick(vs)
        if k == 6:
            return f'({self.n()} {self.pick("+-*^|&")} {self.n()})'
        if k == 7:
            return f'len({self.s()})'
        if k == 8:
            return f'{self.pick(["min", "max"])}({self.n()}, {self.r.randrange(9)})'
        if k == 9 and self.functions:
            return f'first({self.pick(self.functions)}(({self.n()}) & 7))'
        return str(self.r.randrange(-3, 12))

    def s(self):
        vs = [v for v, t in self.scope if t == 'string']
        if vs and self.chance(.5):
            return self.pick(vs)
        return self.pick(['""', '"x"', '"ab\\xffc"', '"\\xe2\\x82"', '"\\u20ac9"', '"a\\x80\\u00e9\\xf0\\x9f\\x98\\x80z"', f'fmt.Sprint({self.n()})'])

    def b(self):
        k = self.r.randrange(7)
        if k == 0:
            return f'{self.s()} {self.pick(["==", "<", ">=", "!="])} {self.s()}'
        if k == 1:
            return f'({self.b()} {self.pick(["&&", "||"])} {self.b()})'
        if k == 2:
            return f'opaque({self.n()})&{self.pick([1, 2, 3])} == {self.r.randrange(3)}'
        return f'{self.n()} {self.pick(["<", ">", "==", "!=", "<=", ">="])} {self.n()}'

    def declare(self, prefix, t, e):
        v = self.name(prefix)
        self.line(f'{v} := {e}')
        self.line(f'_ = {v}')
        self.scope.append((v, t))
        return v

    def inner(self, n, d, result=False):  # the body of a function literal
        labels, loops, was = self.labels, self.loops, self.result
        self.labels, self.loops, self.result = [], [], result
        self.block(n, d)
        self.labels, self.loops, self.result = labels, loops, was

    # ---- statements

    def statement(self, d):
        if d <= 0:
            k = self.r.randrange(4)
            if k == 0:
                self.line(f'say("{self.name("l")}", {self.n()}, {self.s()})')
            elif k == 1:
                self.change()
            elif k == 2:
                self.leave()
            else:
                self.declare('v', 'int', f'int({self.n()})')
            return
        self.pick([self.loop, self.loop, self.over, self.over, self.choose, self.types, self.defers, self.defers, self.selects, self.shapes,
                   self.generics, self.compare, self.arrays, self.slices, self.strings, self.shifts, self.floats, self.complexes, self.maps,
                   self.closures, self.pointers, self.jump, self.when, self.leave, self.large, self.trees])(d - 1)

    def change(self, d=0):
        vs = [v for v, t in self.scope if t == 'int' and v[0] in 'vr']
        ss = [v for v, t in self.scope if t == 'string' and v[0] in 'ws']
        if ss and self.chance(.3):
            s = self.pick(ss)
            self.line(f'if len({s}) < 40 {{ {s} += {self.s()} }}')
        elif vs:
            v = self.pick(vs)
            self.line(self.pick([f'{v} {self.pick(["+=", "-=", "*=", "^=", "="])} {self.n()}', f'{v}++', f'{v} <<= opaque({self.n()}) & 7',
                                 f'if k := {self.n()}; k != 0 {{ {v} {self.pick(["/", "%"])}= k }}']))

    def leave(self, d=0):
        k = self.r.randrange(5)
        cond = self.b()
        if k == 0 and self.result:
            self.line(f'if {cond} {{ return {self.pick([self.n() + ", " + self.s(), ""]) if self.result is True else self.n()} }}')
        elif k == 1 and self.labels:
            self.line(f'if {cond} {{ {self.pick(["break", "continue"])} {self.pick(self.labels)} }}')
        elif k == 2 and self.loops:
            self.line(f'if {cond} {{ {self.pick(["break", "continue"])} }}')
        elif k == 3 and self.chance(.3):
            self.line(f'if {cond} {{ panic({self.pick([self.n(), self.s(), "fmt.Errorf(" + chr(34) + "e%d" + chr(34) + ", " + self.n() + ")"])}) }}')
        else:
            self.change()

    def body(self, n, d, label):
        if label:
            self.labels.append(label)
        self.loops.append(1)
        self.line('\tstep()')
        self.block(n, d)
        self.loops.pop()
        if label:
            self.labels.pop()
        self.line('}')

    def label(self):
        if self.chance(.5):
            label = self.name('L')
            self.line(f'{label}:')
            self.used = label
            return label

    def opened(self, label):  # a label must be used
        if label:
            self.line(f'\tif fuel < {self.r.randrange(300)} {{ {self.pick(["continue", "break"])} {label} }}')

    def loop(self, d):
        label, i = self.label(), self.name('k')
        mark = len(self.scope)
        self.line(self.pick([f'for {i} := 0; {i} < {self.r.randrange(1, 6)}; {i}++ {{', f'for {i} := range {self.r.randrange(1, 6)} {{',
                             f'for {i} := ({self.n()}) & 7; {i} > 0; {i}-- {{', f'for {i} := range ({self.n()}) & 3 {{']))
        self.line(f'\t_ = {i}')
        self.scope.append((i, 'int'))
        self.opened(label)
        self.body(3, d, label)
        del self.scope[mark:]

    def over(self, d):
        label, i, j = self.label(), self.name('k'), self.name('k')
        mark = len(self.scope)
        k = self.r.randrange(5)
        if k == 0:
            self.line(f'for {i} := range count(({self.n()}) & 7) {{')
        elif k == 1:
            self.line(f'for {i}, {j} := range zip([]int{{{self.n()}, {self.n()}, 3}}, []string{{{self.s()}, {self.s()}}}) {{')
            self.scope.append((j, 'string'))
        elif k == 2:
            self.line(f'for {i}, {j} := range (box[string]{{{self.s()}, ({self.n()}) & 3}}).each {{')
            self.scope.append((j, 'string'))
        elif k == 3:
            self.line(f'for {i}, {j} := range {self.s()} {{')
            self.line(f'\tsay("rune", {i}, {j})')
        else:
            self.line(f'for {i}, {j} := range [...]int{{{self.n()}, {self.n()}, {self.n()}}} {{')
            self.scope.append((j, 'int'))
        self.scope.append((i, 'int'))
        self.line(f'\t_, _ = {i}, {j}' if k else f'\t_ = {i}')
        self.opened(label)
        if k < 3 and self.chance(.4) and self.result is True:
            self.line(f'\tdefer func() {{ say("deferred", {i}, recover()) }}()')
        self.body(3, d, label)
        del self.scope[mark:]

    def when(self, d):
        self.line(f'if {self.b()} {{')
        self.block(2, d)
        self.line('} else {')
        self.block(2, d)
        self.line('}')

    def jump(self, d):
        label = self.name('G')
        i = self.declare('j', 'none', '0')
        self.line('{')
        self.depth += 1
        self.line(f'{label}:')
        self.line('step()')
        self.line('{')
        self.block(2, d)
        self.line('}')
        self.line(f'if {i}++; {i} < {self.r.randrange(1, 5)} && {self.b()} {{ goto {label} }}')
        self.depth -= 1
        self.line('}')

    def choose(self, d):
        k = self.r.randrange(3)
        n = self.pick([2, 4, 9, 14])
        if k == 0:
            base = self.pick([0, -3, 100, 1 << 40])
            spread = self.pick([1, 1, 7])
            cases = [str(base + spread * x) for x in self.r.sample(range(n + 6), n)]
            self.line(f'switch x := {base} + {spread}*(({self.n()}) & 15); x {{')
        elif k == 1:
            cases = sorted({f'"{self.pick(["a", "b", "fn", "base"])}{self.r.randrange(n * 2)}"' for _ in range(n)}) + ['""']
            self.line(f'switch {self.pick([self.s(), chr(34) + "base" + chr(34) + " + fmt.Sprint((" + self.n() + ") & 15)"])} {{')
        else:
            cases = [self.b() for _ in range(min(n, 4))]
            self.line('switch {')
        self.r.shuffle(cases)
        at = self.r.randrange(len(cases) + 1)
        self.loops.append(1)
        for i, c in enumerate(cases):
            if i == at:
                self.line('default:')
                self.line(f'\tsay("default", {self.n()})')
            self.line(f'case {c}:')
            if n > 4:
                self.line(f'\tsay("case", {i})')
            else:
                loops, self.loops = self.loops, []
                self.block(1, d)
                self.loops = loops
            if i + 1 < len(cases) and i + 1 != at and self.chance(.15):
                self.line('\tfallthrough')
        self.loops.pop()
        self.line('}')

    def types(self, d):
        v = self.pick([self.n(), self.s(), 'any(nil)', f'base{{{self.n()}}}', f'&base{{{self.n()}}}', f'word({self.s()})', 'row{1, 2}', 'box[int]{v: 1}',
                       'box[string]{}', f'[]int{{{self.n()}}}', '2.5', 'uint8(7)', 'fn(func(x int) int { return x + 1 })'])
        x, a = self.name('x'), self.name('a')
        self.line(f'var {a} any = {v}')
        self.line(f'if {self.b()} {{ {a} = {self.s()} }}')
        self.line(f'switch {x} := {a}.(type) {{')
        cases = ['int', 'string', 'nil', 'base', 'counter', 'namer', 'word', 'row', 'box[int]', 'box[string]', '[]int', 'uint8', 'float64', 'fmt.Stringer',
                 'error', 'int8, int16']
        for c in self.r.sample(cases, self.pick([3, 5, 10])):
            self.line(f'case {c}:')
            if c in ('namer', 'counter', 'base', 'word'):
                self.line(f'\tsay("{c}", {x}.name(3))')
            else:
                self.line(f'\tsay("{c}", {x})')
        self.line('default:')
        self.line(f'\tsay("other", {x} == nil)')
        self.line('}')
        self.line(f'if y, ok := {a}.({self.pick(["int", "string", "namer", "row", "word"])}); ok {{ _ = y; say("is", ok) }} else {{ say("is not", ok) }}')

    def defers(self, d):
        k = self.r.randrange(4)
        if k == 0:
            v = self.name('v')
            self.line(f'{v} := func() (r int) {{')
            self.line(f'\tdefer func() {{ if e := recover(); e != nil {{ say("got", e); r = r*2 + {self.r.randrange(9)} }} }}()')
            mark = len(self.scope)
            self.scope.append(('r', 'int'))
            self.inner(3, d, 'int')
            del self.scope[mark:]
            self.line(f'\treturn {self.n()}')
            self.line('}()')
            self.line(f'_ = {v}')
            self.scope.append((v, 'int'))
        elif k == 1:
            i = self.name('k')
            self.line(f'func() {{')
            self.line(f'\tfor {i} := range ({self.n()}) & 3 {{')
            self.line(f'\t\tdefer func(a int) {{ say("loop", a, {i}, {self.n()}); if a == {self.r.randrange(3)} {{ panic(fmt.Sprint("in", a, recover())) }} }}({i} + {self.n()})')
            self.line('\t}')
            self.line(f'\tdefer func() {{ say("first", recover()) }}()')
            self.line(f'\tif {self.b()} {{ panic({self.n()}) }}')
            self.line('}()')
        elif k == 2:
            self.line('func() {')
            self.line('\tdefer func() { say("outer", recover()) }()')
            self.line(f'\tdefer func() {{ if {self.b()} {{ panic("again") }} }}()')
            self.line(f'\tdefer func() {{ defer func() {{ say("inner", recover()) }}(); if {self.b()} {{ panic("nested") }} }}()')
            self.inner(2, d)
            self.line(f'\tpanic({self.s()})')
            self.line('}()')
        elif self.result is True:
            self.line(f'if {self.b()} {{ defer func(x string) {{ say("end", x, s); if len(s) < 30 {{ s += x }}; r += {self.r.randrange(5)} }}({self.s()}) }}')
        else:
            self.change()

    def selects(self, d):
        a, b = self.name('c'), self.name('c')
        self.line(f'{a}, {b} := make(chan int, {self.r.randrange(3)}), make(chan string, 1)')
        if self.chance(.5):
            self.line(f'if cap({a}) > 0 {{ {a} <- {self.n()} }} else {{ close({a}) }}')
            self.line(f'{b} = nil')
        else:
            self.line(f'{b} <- {self.s()}')
            self.line(f'{a} = nil')
        self.line('for range 3 {')
        self.line('\tselect {')
        self.line(f'\tcase x, ok := <-{a}: say("a", x, ok)')
        self.line(f'\tcase x := <-{b}: say("b", x)')
        self.line(f'\tdefault: say("none", len({a}), len({b}))')
        self.line('\t}')
        self.line('}')
        self.line(f'select {{ case {b} <- {self.s()}: say("sent", len({b})); case <-(chan int)(nil): say("never"); default: say("full") }}')
        done = self.name('c')
        self.line(f'{done} := make(chan int)')
        self.line(f'go func(n, k int) {{ defer close({done}); for i := range n {{ {done} <- i * k }} }}(({self.n()}) & 3, {self.n()})')
        self.line(f'for x := range {done} {{ say("from", x) }}')

    def shapes(self, d):
        base = self.pick([f'&base{{{self.n()}}}', f'mid{{&base{{{self.n()}}}, {self.s()}}}', 'fn(func(x int) int { return x*2 + 1 })',
                          f'counter2{{&base{{{self.n()}}}}}', f'&mid{{base: &base{{{self.n()}}}}}'])
        c = self.name('i')
        self.line(f'var {c} counter = {base}')
        f, g = self.name('f'), self.name('f')
        self.line(f'{f}, {g} := {c}.add, {c}.name')
        self.line(f'say("m", {f}({self.n()}), {g}(2), {c}.add({self.n()}), {g}(3))')
        w = self.name('i')
        self.line(f'var {w} namer = {self.pick([f"wrap{{{c}, 3}}", f"&wrap{{namer: word({self.s()})}}", c, f"word({self.s()})", f"base{{{self.n()}}}"])}')
        self.line(f'_ = {w}.name')
        self.line(f'say("n", {w}.name({self.n()} & 3), namer.name({w}, 2), counter.add({c}, 1), wrap.name(wrap{{{w}, 1}}, 2))')
        self.line(f'if x, ok := {w}.(counter); ok {{ say("counts", x.add(1)) }}')
        dw = self.name('i')
        self.line(f'{dw} := deepw{{wrap: wrap{{{w}, 1}}, counter2: counter2{{{c}}}}}')
        self.line(f'say("deep", {dw}.wrap.name(2), {dw}.add(2), {dw}.counter2.name(1), {dw}.k)')

    def generics(self, d):
        t = self.pick(INTS[:-1] + ['string', 'float64'])
        e = (lambda: self.s()) if t == 'string' else (lambda: f'{t}(opaque({self.n()}))')
        v = self.name('g')
        self.line(f'{v} := []{t}{{{e()}, {e()}, {e()}}}')
        self.line(f'say("fold", fold({v}), most({v}[0], {v}[1:]...), min({v}[0], {v}[1]), max({e()}, {v}[2]))')
        x = self.name('g')
        self.line(f'{x} := box[{t}]{{v: {e()}}}')
        self.line(f'say("box", {x}.put({e()}).put({e()}).n, {x}.get(), (*box[{t}]).put(&{x}, {e()}).v, box[{t}].get({x}))')
        self.line(f'clear({v})')
        self.line(f'say("cleared", {v})')

    def compare(self, d):
        def one():
            return (f'cmp{{{self.pick(["1", "math.NaN()", "0", "-0.0", "math.Copysign(0, -1)"])}, {self.s()}, '
                    f'{self.pick(["nil", "1", self.s(), "row{1}", "[]int(nil)", "word(" + self.s() + ")", "2.5", "math.NaN()"])}, row{{{self.n()} & 1}}}}')
        a, b = self.name('m'), self.name('m')
        self.line(f'{a}, {b} := {one()}, {one()}')
        self.line(f'if {self.b()} {{ {b} = {a} }}')
        self.line(f'func() {{ defer func() {{ say("cmp", recover()) }}(); say("eq", {a} == {b}, {a} != {b}, any({a}) == any({b}), [2]cmp{{{a}, {b}}} == [2]cmp{{{b}, {a}}}) }}()')
        self.line(f'say("parts", {a}.f == {b}.f, {a}.r == {b}.r, {a}.s < {b}.s, {a}.f < {b}.f, min({a}.f, {b}.f) == max({a}.f, {b}.f))')

    def arrays(self, d):
        a, b = self.name('y'), self.name('y')
        self.line(f'{a} := grid{{{{1, {self.n()}}}, 2: {{{self.n()}}}}}')
        self.line(f'{b} := {a}')
        self.line(f'{b}[({self.n()}) & 3][1] = {self.n()}')
        self.line(f'for i, r := range {a} {{ {a}[3][i%3] += r[0] + 1; r[1]++; {a}[i] = r }}')
        self.line(f'{a}[0], {a}[1] = {a}[1], {b}[({self.n()}) & 3]')
        self.line(f'say("grid", {a}, {b}, {a} == {b}, {a}[1] == {b}[1])')
        self.line(f'p{a} := &{a}')
        self.line(f'for i := range p{a} {{ p{a}[i][2] = p{a}[(i+1)&3][0] * 2 }}')
        self.line(f'*p{a}, {b} = {b}, *p{a}')
        self.line(f'say("swapped", {a}, {b})')

    def slices(self, d):
        a, b, c = self.name('z'), self.name('z'), self.name('z')
        n = self.r.randrange(4, 10)
        self.line(f'{a} := make([]int, {self.r.randrange(1, n)}, {n})')
        self.line(f'for i := range {a} {{ {a}[i] = i + {self.n()} }}')
        self.line(f'{b} := append({a}[:len({a})/2], {self.n()}, {self.n()})')
        self.line(f'{c} := append({a}[:1:1], {self.n()})')
        self.line(f'{a} = append({a}, {b}...)')
        lo, hi = sorted([self.r.randrange(4), self.r.randrange(n + 1)])
        self.line(f'say("copied", copy({a}[{self.r.randrange(2)}:], {a}[len({a})/{self.r.randrange(1, 4)}:]), copy({b}, {c}), len({a}), len({b}), len({c}), cap({c}))')
        self.line(f'func() {{ defer func() {{ if e := recover(); e != nil {{ say("range", e) }} }}(); say("sub", {a}[{lo}:{hi}], len({b}[{self.r.randrange(hi + 1)}:{hi}:{n}]), *(*[2]int)({c}), [1]int({b}[{hi}:])) }}()')
        self.line(f'{a}[0] = 1000')
        self.line(f'say("shared", {a}, {b}, {c})')
        e = self.name('z')
        self.line(f'var {e} {self.pick(["[]byte", "[]row", "[]string", "[]any", "[]*int"])}')
        t = self.text[-1].split(' []')[1]
        val = {'byte': f'byte(len({a}))', 'row': f'row{{{self.n()}}}', 'string': self.s(), 'any': self.n(), '*int': f'&{a}[0]'}[t]
        self.line(f'for range ({self.n()}) & 15 {{ {e} = append({e}, {val}) }}')
        self.line(f'say("grown", len({e}), cap({e}) >= len({e}))')
        if t != '*int':
            self.line(f'say("grown", {e}, {e} == nil)')

    def strings(self, d):
        x = self.declare('w', 'string', self.s() + ' + ' + self.s())
        self.line(f'say("text", []byte({x}), []rune({x}), string([]rune({x})) == {x}, len({x}), string(rune({self.n()})))')
        self.line(f'for i, c := range {x} {{ if c == 0xfffd {{ say("bad", i, {x}[i]) }}; if i > {self.r.randrange(5)} {{ break }} }}')
        self.line(f'func() {{ defer func() {{ if e := recover(); e != nil {{ say("index", e) }} }}(); say("part", {x}[opaque({self.n()}):], {x}[opaque({self.n()}) & 3]) }}()')
        self.line(f'if b := []byte({x}); len(b) > 0 {{ b[0]++; say("changed", string(b) > {x}, unsafe.String(&b[0], len(b)) == string(b), string(b[:1])) }}')

    def shifts(self, d):
        t, u = self.pick(INTS), self.pick(INTS)
        v, k = self.name('h'), self.name('h')
        low = t[0] == 'i'
        self.line(f'{v}, {k} := {t}(opaque({self.n()})){self.pick(["", " * 77", " ^ -1" if low else " * 3"])}, {u}(opaque({self.pick([self.n(), "63", "64", "31", "8", "127"])}))')
        if u[0] == 'i':
            self.line(f'if {k} < 0 {{ {k} = {self.r.randrange(70)} }}')
        self.line(f'say("shift", {v}<<{k}, {v}>>{k}, {v}<<{k}>>{k}, {v}>>({k}&7)<<3, -{v}, ^{v}, {v}*{v}, {v}&^({v}<<1))')
        self.line(f'{v} <<= {k} & {self.pick([3, 31, 63])}')
        other = self.pick(INTS)
        self.line(f'say("wrap", {v}, {other}({v}), {self.pick(INTS)}({other}({v})), uint8({v}), int16({v}), float64({v}), float32({v}), {v} == {t}({other}({v})))')
        self.line(f'if {v} != 0 {{ say("div", {t}(opaque(100))/{v}, {t}(opaque(100))%{v}, {v}/{self.r.randrange(1, 12)}, {v}%{self.r.randrange(1, 12)}) }}')

    def floats(self, d):
        f = self.name('q')
        self.line(f'{f} := opaque({self.pick(["1e18", "9.223372036854775e18", "1.8446744073709550e19", "-9.2233720368547758e18", "0.5", "-1.5", "4294967295.5", "2147483647.9", "-0.1", "1e-310", "3.4e38", "127.99"])}) {self.pick(["", "/ 3", "* 0.999", "- 1"])}')
        inside = self.pick([('int64', 'f > -9e18 && f < 9e18'), ('uint64', 'f > -1 && f < 1.8e19'), ('int32', 'f > -2.1e9 && f < 2.1e9'), ('uint32', 'f > -1 && f < 4.2e9'),
                            ('int8', 'f > -128 && f < 127'), ('uint16', 'f > -1 && f < 65535'), ('uint8', 'f > -1 && f < 255')])
        self.line(f'if f := {f}; {inside[1]} {{ say("int", {inside[0]}(f), {inside[0]}(f/2)) }}')
        self.line(f'say("float", bits({f}), float32({f}), bits(float64(float32({f}))), {f} == math.Trunc({f}), bits(math.Sqrt({f})), bits({f}*{f}+{f}), bits(-{f}/0.1), bits(math.FMA({f}, 2, 1)))')
        self.line(f'var z{f} float64')
        self.line(f'say("nan", bits(z{f}/z{f}), bits({f}/z{f}), {f}/z{f} > {f}, z{f}/z{f} == z{f}/z{f}, bits(min({f}, z{f}/z{f})), bits(max(-z{f}, z{f})), bits(min(z{f}, -{f})))')

    def complexes(self, d):
        c, e = self.name('o'), self.name('o')
        self.line(f'{c} := complex(float64(opaque({self.n()})), {self.pick(["0.5", "-1", "math.Inf(1)", "0", "math.NaN()"])})')
        self.line(f'{e} := complex(float64({self.n()}), float64(opaque({self.n()})))')
        self.line(f'for _, x := range []complex128{{{c} * {e}, {c} + {e}, {c} - {e}, {c} / {e}, -{c}, complex128(complex64({e}))}} {{ say("complex", bits(real(x)), bits(imag(x))) }}')
        self.line(f'say("equal", {c} == {e}, {c} != {c}, complex64({e}) == complex64({e}), {e} == complex(real({e}), imag({e})))')

    def maps(self, d):
        m = self.name('t')
        k = self.pick(['int', 'string', 'row', 'any', 'float64', 'box[int]'])
        key = {'int': self.n(), 'string': self.s(), 'row': f'row{{{self.n()}, 2}}', 'any': self.pick([self.n(), self.s(), 'row{1}', '[]int{1}', 'nil']),
               'float64': self.pick(['1.5', 'math.NaN()', '0', 'math.Copysign(0, -1)']), 'box[int]': f'box[int]{{v: {self.n()}}}'}
        v = self.pick(['int', 'row', '[]int'])
        upd = {'int': f'{m}[x] += {self.r.randrange(5)}', 'row': f'{m}[x] = row{{{self.r.randrange(5)}, {m}[x][0]}}', '[]int': f'{m}[x] = append({m}[x], {self.r.randrange(5)})'}[v]
        self.line(f'{m} := map[{k}]{v}{{}}')
        self.line('func() {')
        self.line('\tdefer func() { if e := recover(); e != nil { say("key", e) } }()')
        self.line(f'\tfor _, x := range []{k}{{{key[k]}, {key[k]}, {key[k]}}} {{ {upd} }}')
        self.line('}()')
        self.line(f'_, ok{m} := {m}[{key[k] if k != "any" else "nil"}]')
        self.line(f'say("map", len({m}), ok{m})')
        if k == 'int':
            self.line(f'for i := range ({self.n()}) & 31 {{ x := i * {self.r.randrange(1, 9)}; {upd} }}')
            self.line(f'sum{m} := 0')
            self.line(f'for x := range {m} {{ sum{m} += x; delete({m}, x); delete({m}, -1000 - x) }}')
            self.line(f'say("sum", sum{m}, len({m}))')
        if k != 'float64':
            self.line(f'say("all", {m})')
        if self.chance(.3):
            self.line(f'clear({m})')
            self.line(f'say("clear", len({m}))')

    def closures(self, d):
        fs, i = self.name('u'), self.name('k')
        self.line(f'var {fs} []func() int')
        self.line(f'for {i} := 0; {i} < {self.r.randrange(1, 5)}; {i}++ {{')
        mark = len(self.scope)
        self.scope.append((i, 'int'))
        self.line(f'\tx := {self.n()}')
        self.line(f'\t{fs} = append({fs}, func() int {{ x += {i}; return x*10 + {self.n()} }})')
        if self.chance(.4):
            self.line(f'\t{i} += {self.r.randrange(2)}')
        self.line('}')
        del self.scope[mark:]
        self.line(f'for _, f := range {fs} {{ say("closure", f(), f()) }}')
        v = self.name('v')
        self.line(f'{v} := func(a int) int {{')
        mark = len(self.scope)
        self.scope.append(('a', 'int'))
        self.inner(2, d, 'int')
        self.line(f'\treturn {self.n()}')
        del self.scope[mark:]
        self.line('}')
        self.declare('v', 'int', f'{v}({self.n()})')

    def pointers(self, d):
        vs = [v for v, t in self.scope if t == 'int' and v[0] in 'vr']
        if not vs:
            return self.change()
        p = self.name('p')
        self.line(f'{p} := &{self.pick(vs)}')
        self.line(f'*{p} {self.pick(["+=", "=", "^="])} {self.n()}')
        self.line(f'say("at", *{p}, unsafe.Slice({p}, 1)[0], *(*int)(unsafe.Pointer({p})), uint8(*(*uint16)(unsafe.Pointer({p}))) == uint8(*{p}))')
        q = self.name('p')
        self.line(f'{q} := &{p}')
        self.line(f'if {self.b()} {{ **{q} = {self.n()} }} else {{ *{q} = new(int) }}')
        self.line(f'say("now", *{p}, **{q}, {p} == *{q})')

    def large(self, d):
        b, c = self.name('b'), self.name('b')
        self.line(f'{b} := big{{s: {self.s()}}}')
        self.line(f'{c} := {b}.bump(({self.n()}) & 31).bump(({self.n()}) & 31)')
        self.line(f'{b}.next = {c}')
        self.line(f'{c}.next = &{b}')
        self.line(f'x{b} := []big{{{b}, {c}, {b}.bump(3)}}')
        self.line(f'for i, e := range x{b} {{ e.touch(i); x{b}[(i+1)%3].a[0] += e.a[1] + x{b}[i].touch(({self.n()}) & 15) }}')
        self.line(f'm{b} := map[string]big{{"a": {c}}}')
        self.line(f'e{b} := m{b}["a"]')
        self.line(f'e{b}.a[2]++')
        self.line(f'ch{b} := make(chan big, 1)')
        self.line(f'ch{b} <- e{b}')
        self.line(f'e{b}.a[2] = 50')
        self.line(f'say("big", x{b}[0].a, x{b}[1].g, x{b}[2].a[:5], (<-ch{b}).a[2], m{b}["a"].a[2], {b}.next.(big).g, {c}.next.(*big).s, e{b}.a[2])')

    def trees(self, d):
        t = self.name('e')
        self.line(f'var {t} *tree[{self.pick(["int", "int8", "uint16"])}, string]')
        self.line(f'for i := range ({self.n()}) & 15 {{ {t} = {t}.with({self.text[-1].split("[")[1].split(",")[0]}(i*{self.r.randrange(1, 50)}%{self.r.randrange(3, 40)}), fmt.Sprint(i)) }}')
        mark = len(self.scope)
        self.line(f'for k, v := range {t}.all {{')
        self.scope.append(('v', 'string'))
        self.line(f'\tsay("node", k, v)')
        self.loops.append(1)
        self.block(1, d)
        self.loops.pop()
        self.line('}')
        del self.scope[mark:]

    # ---- functions

    def write(self):
        for i in range(7):
            self.scope = [('a', 'int'), ('r', 'int'), ('s', 'string')]
            self.text.append(self.pick(['', '', '//go:noinline\n']) + f'func f{i}(a int) (r int, s string) {{')
            self.line('step()')
            if self.chance(.4):
                self.line(f'defer func() {{ if e := recover(); e != nil {{ say("f{i}", e); r, s = a, fmt.Sprint(e) }} }}()')
            for _ in range(self.r.randrange(2, 7)):
                self.statement(3)
            self.line(f'return {self.n()}, {self.s()}')
            self.text.append('}')
            self.functions.append(f'f{i}')
        self.text.append('func main() {')
        for i in range(7):
            self.line(f'for i := range 3 {{ run("f{i}", f{i}, i*{self.r.randrange(1, 4)}) }}')
        self.text.append('}')
        return PRELUDE + '\n'.join(self.text) + '\n'
