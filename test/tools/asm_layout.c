// asm_layout.c FILE.s: assembles each function as if the compiler had written it (padding of jumps, placement) and
// prints "NAME HEX" lines. For test/conformance/asm_layout.py.
#include "asm/internal.h"

static void print_function(Arena *a, ObjPkg *obj, Diags *diags, Func *f)
{
	AsmFunc fn = {.obj = obj, .sym = f->sym, .arena = a, .first = f->text, .frame = f->frame, .info = f->info,
		.diags = diags, .from_compiler = true};
	f->sym->abi = ABI_INTERNAL;
	if (!arch_amd64.assemble(&fn))
		return;
	printf(STR_FMT " ", STR_ARG(f->sym->name));
	for (u32 i = 0; i < f->sym->ndata; i++)
		printf("%02x", f->sym->data[i]);
	puts("");
}

int main(int argc, char **argv)
{
	if (argc != 2)
		return 2;
	Arena *a = arena_new();
	ObjPkg *obj = obj_new(S("p"));
	Str file = str(argv[1]);
	AsmOptions o = {.arch = &arch_amd64, .import_path = S("p"), .files = &file, .nfiles = 1, .diags = diags_new(a),
		.all_errors = true};
	Lex *lex = NEW(a, Lex);
	Parser *p = NEW(a, Parser);
	StrVec maps = {0};
	StrMap statics = {0};
	Map data = {0};
	u32 seq = 0;
	if (!lex_open(lex, a, &o, file, &maps))
		return 1;
	*p = (Parser){.a = a, .o = &o, .arch = o.arch, .obj = obj, .lex = lex, .statics = &statics, .data = &data, .seq = &seq};
	p->tail = &p->first;
	parse_file(p);
	for (Func *f = p->first; f; f = f->next)
		print_function(a, obj, o.diags, f);
	diags_print(o.diags, stderr, 5, DIAG_PLAIN);
	return 0;
}
