// obj_test.c: an object written by obj/ reads back as it was meant; damaged ones are refused. With OBJ_TEST_OUT set,
// the archive of a tiny main package is written there, for linkers to judge.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "obj/goobj.h"
#include "obj/obj.h"

// main.main writes "hi\n" by system call and returns.
static ObjPkg *tiny_main(void)
{
	ObjPkg *o = obj_new(S("main"));
	SourceFile *src = source_add(S("/tmp/tiny.go"), S("/tmp/tiny.go"));
	LSym *text = obj_sym(o, S("main.main"), ABI_INTERNAL);
	assert_true(obj_define(o, text, SYM_TEXT, 0));
	assert_false(obj_define(o, text, SYM_TEXT, 0));
	static const u8 code[] = {
		0xb8, 1, 0, 0, 0,                   // mov eax, 1
		0xbf, 1, 0, 0, 0,                   // mov edi, 1
		0x48, 0x8d, 0x35, 0, 0, 0, 0,       // lea rsi, [rip+string]
		0xba, 3, 0, 0, 0,                   // mov edx, 3
		0x0f, 0x05,                         // syscall
		0xc3,                               // ret
	};
	sym_bytes(o, text, 0, code, sizeof code);
	LSym *s = obj_string(o, S("hi\n"));
	*sym_reloc(o, text) = (Reloc){.off = 13, .size = 4, .type = R_PCREL, .sym = s};
	text->nosplit = true;
	text->align = 32;
	FuncInfo *f = text->func = obj_alloc(o, sizeof *f);
	f->pos = pos_make(src->index, 3, 1);
	f->args = 0;
	PcTab t = {0};
	pctab_at(&t, 0, 0);
	f->pcsp = pctab_end(o, &t, sizeof code);
	pctab_at(&t, 0, (i32)obj_file(o, src->index));
	f->pcfile = pctab_end(o, &t, sizeof code);
	pctab_at(&t, 0, 3);
	pctab_at(&t, 5, 4);
	pctab_at(&t, 24, 5);
	f->pcline = pctab_end(o, &t, sizeof code);
	f->files = obj_alloc(o, sizeof(u32));
	f->files[0] = obj_file(o, src->index);
	f->nfiles = 1;
	f->npcdata = 2;
	f->pcdata = obj_alloc(o, 2 * sizeof(Str));
	f->nfuncdata = 2;
	f->funcdata = obj_alloc(o, 2 * sizeof(LSym *));
	static const u8 map[8] = {1, 0, 0, 0, 0, 0, 0, 0};
	f->funcdata[0] = f->funcdata[1] = obj_gclocals(o, map, 8);
	obj_func_dwarf(o, text);
	LSym *fv = obj_sym(o, S("main.main\xc2\xb7" "f"), ABI0);
	obj_define(o, fv, SYM_RODATA, OBJ_SEQ_NAME);
	fv->dupok = true;
	fv->align = 8;
	sym_addr(o, fv, 0, text, 0);
	LSym *init = obj_sym(o, S("main..inittask"), ABI0);
	obj_define(o, init, SYM_NOPTRDATA, 1);
	sym_u64(o, init, 0, 0);
	Reloc *r = sym_reloc(o, init);
	*r = (Reloc){.type = R_INITORDER, .sym = obj_sym(o, S("runtime..inittask"), ABI0)};
	LSym *v = obj_sym(o, S("main.counter"), ABI0);
	obj_define(o, v, SYM_NOPTRBSS, 2);
	v->size = 8;
	v->align = 8;
	v->gotype = obj_sym(o, S("type:int"), ABI0);
	obj_var_dwarf(o, v);
	obj_import(o, S("runtime"));
	return o;
}

static void round_trip(void **state)
{
	(void)state;
	Buf a = {0}, b = {0};
	ObjPkg *o = tiny_main();
	obj_write(o, &a);
	obj_free(o);
	o = tiny_main();
	obj_write(o, &b);
	obj_free(o);
	assert_int_equal(a.n, b.n);
	assert_memory_equal(a.p, b.p, a.n);
	GoObj g;
	const char *why;
	assert_true(goobj_open(&g, buf_view(&a), &why));
	bool seen = false;
	for (u32 i = 0; i < g.nall; i++) {
		if (!str_is(goobj_name(&g, i), "main.main"))
			continue;
		seen = true;
		const u8 *s = goobj_sym(&g, i);
		assert_int_equal(goobj_kind(s), SYM_TEXT);
		assert_int_equal(goobj_abi(s), ABI_INTERNAL);
		assert_int_equal(goobj_size(s), 25);
		assert_true(goobj_flag(s) & OSYM_NOSPLIT);
		assert_true(goobj_flag2(s) & OSYM_LINKNAME);
		assert_int_equal(goobj_data(&g, i).n, 25);
		u32 n;
		const u8 *r = goobj_relocs(&g, i, &n);
		assert_int_equal(n, 1);
		u32 li = goobj_local(&g, goobj_ref(r + 15));
		assert_true(li < g.nall);
		assert_memory_equal(goobj_data(&g, li).p, "hi\n", 3);
		const u8 *aux = goobj_auxs(&g, i, &n);
		u32 pcdata = 0, info = 0;
		for (u32 j = 0; j < n; j++) {
			pcdata += aux[j * GOOBJ_AUX] == AUX_PCDATA;
			if (aux[j * GOOBJ_AUX] == AUX_FUNCINFO) {
				FuncInfoView v;
				li = goobj_local(&g, goobj_ref(aux + j * GOOBJ_AUX + 1));
				assert_true(funcinfo_open(&v, goobj_data(&g, li)));
				assert_int_equal(v.start_line, 3);
				assert_int_equal(v.nfiles, 1);
				info++;
			}
		}
		assert_int_equal(pcdata, 2);
		assert_int_equal(info, 1);
	}
	assert_true(seen);
	assert_int_equal(goobj_nautolib(&g), 1);
	assert_true(str_is(goobj_autolib(&g, 0, NULL), "runtime"));
	assert_true(str_is(goobj_file(&g, 0), "/tmp/tiny.go"));
	// Every truncation is refused or at least harmless.
	for (size_t n = 0; n < a.n; n += 7) {
		GoObj h;
		u8 *copy = malloc(n + 1);
		memcpy(copy, a.p, n);
		goobj_open(&h, str_n((char *)copy, n), &why);
		free(copy);
	}
	buf_free(&a);
	buf_free(&b);
}

static void pc_tables(void **state)
{
	(void)state;
	ObjPkg *o = obj_new(S("p"));
	PcTab t = {0};
	pctab_at(&t, 0, -1);
	pctab_at(&t, 3, 70000);
	pctab_at(&t, 9, -2);
	Str s = pctab_end(o, &t, 300);
	static const struct { u32 pc, next; i32 val; } want[] = {{0, 3, -1}, {3, 9, 70000}, {9, 300, -2}};
	u32 i = 0;
	for (PcIter it = pciter(s); !it.done; pciter_next(&it), i++) {
		assert_true(i < 3);
		assert_int_equal(it.pc, want[i].pc);
		assert_int_equal(it.next, want[i].next);
		assert_int_equal(it.val, want[i].val);
	}
	assert_int_equal(i, 3);
	pctab_at(&t, 0, -1);
	assert_int_equal(pctab_end(o, &t, 10).n, 0);
	obj_free(o);
}

static void archives(void **state)
{
	(void)state;
	Arena *a = arena_new();
	Buf b = {0};
	ar_add(&b, S("one"), S("odd"));
	ar_add(&b, S("two"), S("even"));
	ArMember *m;
	u32 n;
	const char *why;
	assert_true(ar_read(a, buf_view(&b), &m, &n, &why));
	assert_int_equal(n, 2);
	assert_true(str_is(m[0].name, "one") && str_is(m[0].data, "odd"));
	assert_true(str_is(m[1].name, "two") && str_is(m[1].data, "even"));
	assert_false(ar_read(a, str_sub(buf_view(&b), 0, (u32)b.n - 1), &m, &n, &why));
	assert_false(ar_read(a, S("!<arch>"), &m, &n, &why));
	b.p[8 + 48] = 'x';
	assert_false(ar_read(a, buf_view(&b), &m, &n, &why));
	buf_free(&b);
	arena_free(a);
}

static void write_out(void **state)
{
	(void)state;
	const char *path = getenv("OBJ_TEST_OUT");
	if (!path)
		return;
	Buf b = {0};
	Arena *a = arena_new();
	ObjPkg *o = tiny_main();
	obj_write_archive(o, S("linux"), S("amd64"), S("x/y"), true, S(""), &b);
	assert_false(failed(file_write(a, str(path), b.p, b.n, 0644)));
	obj_free(o);
	arena_free(a);
	buf_free(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(round_trip), cmocka_unit_test(pc_tables), cmocka_unit_test(archives), cmocka_unit_test(write_out),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
