// listing.c: the instructions of a function as -S prints them: offset, position, instruction.
#include "arch/arch.h"

static void put_pos(Buf *b, Pos pos)
{
	Str file = S("<unknown line number>");
	u32 line = 0, col;
	if (!pos) {
		buf_printf(b, "(" STR_FMT ")", STR_ARG(file));
		return;
	}
	pos_resolve(pos, &file, &line, &col);
	buf_printf(b, "(" STR_FMT ":%u)", STR_ARG(file), line);
}

Str code_listing(Arena *a, const Arch *arch, const AsmFunc *code, Pos (*place)(void *ctx, const Prog *p), void *ctx)
{
	Buf b = {0};
	for (const Prog *p = code->first; p; p = p->next) {
		buf_printf(&b, "\t0x%04x %05u ", p->pc, p->pc);
		put_pos(&b, place(ctx, p));
		if (p->op == OP_TEXT)
			buf_printf(&b, "\tTEXT\t" STR_FMT "(SB), %s%s%s, $%lld-%lld\n", STR_ARG(code->sym->name), code->sym->dupok ? "DUPOK|" : "",
				code->sym->nosplit ? "NOSPLIT|" : "", code->sym->abi == ABI0 ? "ABI0" : "ABIInternal", (long long)code->frame,
				(long long)code->args);
		else
			buf_printf(&b, "\t" STR_FMT "\n", STR_ARG(prog_fmt(a, arch, p)));
	}
	Str s = str_dup(a, buf_view(&b));
	buf_free(&b);
	return s;
}
