// asm_test.c: the assembler on small texts: preprocessor, operands, directives, messages; and functions given as the
// compiler gives them: prologue, stack check, padding of jumps, pc tables.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "arch/amd64/amd64.h"
#include "asm/asm.h"

typedef struct Run { Arena *a; ObjPkg *obj; Diags *diags; bool ok; } Run;

static Run assemble(const char *text)
{
	char path[] = "/tmp/asm_test_XXXXXX";
	int fd = mkstemp(path);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
	Run r = {.a = arena_new()};
	r.obj = obj_new(S("p"));
	r.diags = diags_new(r.a);
	Str file = str(path);
	AsmOptions o = {.arch = &arch_amd64, .import_path = S("p"), .files = &file, .nfiles = 1, .diags = r.diags,
		.go_asm_h = S("#define T_size 24\n")};
	r.ok = asm_package(&o, r.obj, 0);
	unlink(path);
	return r;
}

static void done(Run *r)
{
	obj_free(r->obj);
	arena_free(r->a);
}

static void expect_code(const char *text, const char *hex)
{
	Run r = assemble(text);
	if (!r.ok)
		diags_print(r.diags, stderr, 0, DIAG_PLAIN);
	assert_true(r.ok);
	LSym *f = obj_sym(r.obj, S("p.f"), ABI0);
	char got[2048] = "";
	for (u32 i = 0; i < f->ndata && i < 1000; i++)
		sprintf(got + 2 * i, "%02x", f->data[i]);
	assert_string_equal(got, hex);
	done(&r);
}

static void expect_error(const char *text, const char *msg)
{
	Run r = assemble(text);
	u32 n;
	Diag *d = diags_sorted(r.diags, &n);
	assert_false(r.ok);
	assert_true(n > 0);
	if (str_find(d[0].msg, msg) < 0)
		fail_msg("want \"%s\", got \"%.*s\"", msg, STR_ARG(d[0].msg));
	done(&r);
}

#define F "TEXT \xc2\xb7" "f(SB), 4, $0\n"

static void test_preprocessor(void **state)
{
	expect_code("#define TWO 2\n#define ADD(x, y) ADDQ x, y\n" F "\tADD($TWO, AX)\n\tRET\n", "4883c002c3");
	expect_code("#define M \\\n\tINCQ AX \\\n\tDECQ AX\n" F "\tM\n\tRET\n", "48ffc048ffc8c3");
	expect_code("#ifdef X\nFOO\n#else\n" F "\tRET\n#endif\n#ifndef X\n#endif\n", "c3");
	expect_code("#include \"go_asm.h\"\n" F "\tMOVL $T_size, AX\n\tRET\n", "b818000000c3");
	expect_code("#define E()\n#define TWICE(x) x; x\n" F "\tTWICE(NOTQ AX) E()\n\tRET\n", "48f7d048f7d0c3");
	expect_error("#define A 1\n#define A 2\n", "redefinition of macro: A");
	expect_error("#ifdef A\n", "unclosed #ifdef or #ifndef");
	expect_error("#endif\n", "unmatched #endif");
	expect_error("#include \"no_such_file.h\"\n", "#include: open");
	expect_error("#define A B\n#define B A\n" F "\tA\n", "recursive macro invocation");
	expect_error("#define A(x) x\n" F "\tA(1, 2)\n", "wrong arg count for macro A");
	expect_error(F "\tINCQ AX #define\n", "'#' must be first item on line");
}

static void test_operands(void **state)
{
	expect_code(F "\tMOVQ (1+2)*3(AX)(CX*8), DX\n\tRET\n", "488b54c809c3");
	expect_code(F "\tMOVQ $~0, AX\n\tRET\n", "48c7c0ffffffffc3");
	expect_code(F "\tMOVQ $'a', AX\n\tRET\n", "b861000000c3");
	expect_code(F "\tMOVQ $1<<40, AX\n\tRET\n", "48b80000000000010000c3");
	expect_code(F "\tSHLQ $3, AX:BX\n\tRET\n", "480fa4d803c3");
}

static void test_forms(void **state)
{
	expect_code(F "\tADDQ $127, AX\n\tADDQ $128, AX\n\tADDQ $128, CX\n\tRET\n", "4883c07f48058000000048" "81c180000000c3");
	expect_code(F "\tMOVB SI, (AX)\n\tRET\n", "408830c3");
	expect_code(F "\tVADDPD.BCST.Z (AX), Z1, K1, Z2\n\tRET\n", "62f1f5d95810c3");
	expect_code(F "\tSHLQ $3, AX, BX\n\tRET\n", "480fa4c303c3");
	expect_code(F "\tMOVSD $(0.0), X1\n\tRET\n", "0f57c9c3");
}

static void test_jumps(void **state)
{
	expect_code(F "\tJMP 2(PC)\n\tINCQ AX\nx:\tJNE x\n\tRET\n", "eb0348ffc075fec3");
	expect_error(F "\tJMP nowhere\n", "undefined label nowhere");
	expect_error(F "x:\tRET\nx:\tRET\n", "label \"x\" multiply defined");
	expect_error(F "\tJMP 100(PC)\n", "branch out of range");
}

static void test_messages(void **state)
{
	expect_error("FROB AX\n", "unrecognized instruction \"FROB\"");
	expect_error(F "\tMOVQ AX\n", "invalid instruction");
	expect_error(F "\tMOVQ x(SB, AX\n", "expected ')'");
	expect_error(F "\tMOVQ $1/0, AX\n", "division by zero");
	expect_error(F "\tADDPD.Q X1, X2\n", "unknown suffix \"Q\"");
	expect_error("TEXT f(SB), 0, x\n", "frame size must be an immediate constant");
	expect_error("DATA x<>+0(SB)/3, $1\n", "bad int size for DATA argument: 3");
	expect_error("DATA x<>+0(SB)/8, $1\nDATA x<>+4(SB)/8, $1\n", "overlapping DATA entry for x");
}

// ---- Progs as the compiler writes them --------------------------------------------------------------

typedef struct Fn { Arena *a; ObjPkg *obj; AsmFunc f; Prog *last; FuncInfo info; } Fn;

static void fn_init(Fn *x, i64 frame)
{
	*x = (Fn){.a = arena_new(), .obj = obj_new(S("p"))};
	LSym *s = obj_sym(x->obj, S("p.g"), ABI_INTERNAL);
	s->func = &x->info;
	x->f = (AsmFunc){.obj = x->obj, .sym = s, .arena = x->a, .frame = frame, .args = 8, .from_compiler = true,
		.info = &x->info, .diags = diags_new(x->a)};
}

static Prog *add(Fn *x, u16 op, Addr from, Addr to)
{
	Prog *p = prog_new(x->a, op);
	p->from = from;
	p->to = to;
	if (x->last)
		x->last->next = p;
	else
		x->f.first = p;
	return x->last = p;
}

static void fn_done(Fn *x)
{
	obj_free(x->obj);
	arena_free(x->a);
}

#define REG(r) (Addr){.type = ADDR_REG, .reg = r}
#define NONE (Addr){0}
#define LABEL(p) (Addr){.type = ADDR_BRANCH, .target = p}

static void test_prologue(void **state)
{
	Fn x;
	fn_init(&x, 16);
	add(&x, OP_CALL, NONE, (Addr){.type = ADDR_BRANCH, .name = NAME_EXTERN, .sym = obj_sym(x.obj, S("p.h"), ABI_INTERNAL)});
	add(&x, AMOVQ, REG(REG_AX), (Addr){.type = ADDR_MEM, .name = NAME_AUTO, .offset = -8});
	add(&x, AMOVQ, REG(REG_AX), (Addr){.type = ADDR_MEM, .name = NAME_PARAM, .offset = 0});
	add(&x, OP_RET, NONE, NONE);
	RegSpill spill = {REG_AX, AMOVQ, AMOVQ, {.type = ADDR_MEM, .name = NAME_PARAM, .offset = 0}};
	x.f.spills = &spill;
	x.f.nspills = 1;
	assert_true(arch_amd64.assemble(&x.f));
	static const u8 want[] = {
		0x49, 0x3b, 0x66, 0x10,             // CMPQ SP, 16(R14)
		0x76, 0x21,                         // JLS morestack
		0x55, 0x48, 0x89, 0xe5,             // PUSHQ BP; MOVQ SP, BP
		0x48, 0x83, 0xec, 0x10,             // SUBQ $16, SP
		0xe8, 0, 0, 0, 0,                   // CALL p.h
		0x48, 0x89, 0x44, 0x24, 0x08,       // the local
		0x48, 0x89, 0x44, 0x24, 0x20,       // the argument
		0x48, 0x83, 0xc4, 0x10, 0x5d,       // ADDQ $16, SP; POPQ BP
	};
	assert_memory_equal(x.f.sym->data, want, 4);
	assert_memory_equal(x.f.sym->data + 6, want + 6, sizeof want - 6);
	assert_int_equal(x.info.locals, 24);
	// SP is 0, 8, 24 below, 8, 0 at the return, and as at entry where morestack is called.
	static const u8 pcsp[] = {2, 7, 16, 7};
	assert_memory_equal(x.info.pcsp.p, pcsp, 4);
	fn_done(&x);
}

static void test_padding(void **state)
{
	for (u32 n = 0; n < 80; n++) {
		Fn x;
		fn_init(&x, 0);
		for (u32 i = 0; i < n; i++)
			add(&x, ACLD, NONE, NONE);
		Prog *cmp = add(&x, ACMPQ, REG(REG_AX), REG(REG_CX));
		Prog *j = add(&x, AJNE, NONE, NONE);
		Prog *far = add(&x, OP_JMP, NONE, NONE);
		for (u32 i = 0; i < 3 * n; i++)
			add(&x, ACLD, NONE, NONE);
		Prog *ret = add(&x, OP_RET, NONE, NONE);
		j->to = LABEL(ret);
		far->to = LABEL(x.f.first);
		assert_true(arch_amd64.assemble(&x.f));
		u32 end = j->pc + (x.f.sym->data[j->pc] == 0x75 ? 2 : 6);
		assert_int_equal(cmp->pc / 32, end / 32); // the pair neither crosses nor ends at a line of 32 bytes
		assert_int_not_equal(end % 32, 0);
		const u8 *d = x.f.sym->data + j->pc;
		i32 to = d[0] == 0x75 ? (i32)j->pc + 2 + (i8)d[1] : (i32)(j->pc + 6 + get_u32(d + 2));
		assert_int_equal(to, ret->pc);
		d = x.f.sym->data + far->pc;
		to = d[0] == 0xeb ? (i32)far->pc + 2 + (i8)d[1] : (i32)(far->pc + 5 + get_u32(d + 1));
		assert_int_equal(to, x.f.first->pc);
		assert_int_equal(x.f.sym->data[ret->pc], 0xc3);
		fn_done(&x);
	}
}

static void test_far_jumps(void **state)
{
	for (u32 n = 120; n < 136; n++) {
		Fn x;
		fn_init(&x, 0);
		x.f.from_compiler = false;
		Prog *j = add(&x, OP_JMP, NONE, NONE);
		for (u32 i = 0; i < n; i++)
			add(&x, ACLD, NONE, NONE);
		Prog *back = add(&x, OP_JMP, NONE, LABEL(j));
		j->to = LABEL(add(&x, OP_RET, NONE, NONE));
		assert_true(arch_amd64.assemble(&x.f));
		const u8 *d = x.f.sym->data;
		i32 to = d[0] == 0xeb ? 2 + (i8)d[1] : (i32)(5 + get_u32(d + 1));
		assert_int_equal(to, x.last->pc);
		d += back->pc;
		to = d[0] == 0xeb ? (i32)back->pc + 2 + (i8)d[1] : (i32)(back->pc + 5 + get_u32(d + 1));
		assert_int_equal(to, 0);
		fn_done(&x);
	}
}

static void test_tables(void **state)
{
	for (u32 op = OP_ARCH; op < A_END; op++)
		assert_int_equal(arch_amd64.op_find(str(arch_amd64.op_name((u16)op))), op);
	for (u16 r = 1; r < REG_MAX; r++)
		if (strcmp(arch_amd64.reg_name(r), "NONE"))
			assert_int_equal(arch_amd64.reg_find(str(arch_amd64.reg_name(r))), r);
	assert_int_equal(arch_amd64.op_find(S("JZ")), AJEQ);
	assert_int_equal(arch_amd64.op_find(S("NOSUCH")), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_preprocessor), cmocka_unit_test(test_operands), cmocka_unit_test(test_forms),
		cmocka_unit_test(test_jumps), cmocka_unit_test(test_messages), cmocka_unit_test(test_prologue),
		cmocka_unit_test(test_padding), cmocka_unit_test(test_far_jumps), cmocka_unit_test(test_tables),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
