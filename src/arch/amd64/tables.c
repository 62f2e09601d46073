// tables.c: what the runtime asks of a pc: the depth of the frame (pcsp), file and line, the inline tree node,
// PCDATA; each as (value, pc) deltas in one walk over the Progs. Semantics: cmd/internal/obj/pcln.go.
#include "arch/amd64/internal.h"

enum { MAX_PCDATA = 8 };

typedef struct Table {
	Buf b;
	i32 val, written;   // in effect; last written
	u32 pc;             // where `written` began
	bool started;
} Table;

static void put_uvarint(Table *t, u32 v)
{
	buf_uvarint(&t->b, v);
}

// val holds from p's pc on. Progs without bytes are skipped until one with bytes, or the last, is reached.
static inline void table_at(Table *t, const Prog *p)
{
	if (t->val == t->written && t->started)
		return;
	if (p->next && p->next->pc == p->pc)
		return;
	if (t->started) {
		put_uvarint(t, p->pc - t->pc);
		t->pc = p->pc;
	}
	buf_varint(&t->b, (i64)t->val - t->written);
	t->written = t->val;
	t->started = true;
}

static Str table_end(Asm *s, Table *t)
{
	if (t->started) {
		put_uvarint(t, (u32)s->f->sym->size - t->pc);
		buf_u8(&t->b, 0);
	}
	u8 *p = obj_alloc(s->f->obj, t->b.n + 1);
	if (t->b.n)
		memcpy(p, t->b.p, t->b.n);
	Str r = str_n((char *)p, t->b.n);
	buf_free(&t->b);
	return r;
}

static void use_file(Asm *s, u32 file)
{
	FuncInfo *f = s->f->info;
	u32 i = 0;
	while (i < f->nfiles && f->files[i] < file)
		i++;
	if (i < f->nfiles && f->files[i] == file)
		return;
	u32 *files = obj_alloc(s->f->obj, sizeof(u32) * (f->nfiles + 1));
	if (i)
		memcpy(files, f->files, sizeof(u32) * i);
	files[i] = file;
	if (i < f->nfiles)
		memcpy(files + i + 1, f->files + i, sizeof(u32) * (f->nfiles - i));
	f->files = files;
	f->nfiles++;
}

static void tables_funcdata(Asm *s)
{
	FuncInfo *info = s->f->info;
	u32 npc = 0, nfunc = 0;
	for (const Prog *p = s->text; p; p = p->next) {
		if (p->op == OP_PCDATA) {
			if ((u64)p->from.offset >= MAX_PCDATA || p->to.offset != (i32)p->to.offset)
				amd64_error(s, p, "overflow in PCDATA instruction: " STR_FMT, STR_ARG(amd64_prog(s, p)));
			else if (p->to.offset != -1)
				npc = MAX(npc, (u32)p->from.offset + 1);
		} else if (p->op == OP_FUNCDATA) {
			if ((u64)p->from.offset >= 64)
				amd64_error(s, p, "bad funcdata: " STR_FMT, STR_ARG(amd64_prog(s, p)));
			else
				nfunc = MAX(nfunc, (u32)p->from.offset + 1);
		}
	}
	if (s->bad)
		return;
	info->npcdata = npc;
	info->pcdata = obj_alloc(s->f->obj, sizeof(Str) * (npc + 1));
	if (nfunc < info->nfuncdata)
		nfunc = info->nfuncdata; // the compiler may have filled some already
	LSym **fd = obj_alloc(s->f->obj, sizeof(LSym *) * (nfunc + 1));
	if (info->nfuncdata)
		memcpy(fd, info->funcdata, sizeof(LSym *) * info->nfuncdata);
	info->funcdata = fd;
	info->nfuncdata = nfunc;
	for (const Prog *p = s->text; p; p = p->next) {
		if (p->op != OP_FUNCDATA)
			continue;
		if (fd[p->from.offset])
			amd64_error(s, p, "multiple definitions for FUNCDATA $%lld", (long long)p->from.offset);
		if (p->to.type != ADDR_MEM || p->to.offset != 0)
			amd64_error(s, p, "bad funcdata: " STR_FMT, STR_ARG(amd64_prog(s, p)));
		fd[p->from.offset] = p->to.sym;
	}
}

void amd64_tables(Asm *s)
{
	FuncInfo *info = s->f->info;
	tables_funcdata(s);
	if (s->bad)
		return;
	Table sp = {.val = -1, .written = -1}, file = sp, line = sp, inl = sp, data[MAX_PCDATA];
	bool have[MAX_PCDATA] = {0};
	for (u32 i = 0; i < MAX_PCDATA; i++)
		data[i] = sp;
	sp.val = 0;
	u32 last_file = UINT32_MAX;
	Pos last_pos = 0;
	bool plain = false; // the file of last_pos has no //line
	for (const Prog *p = s->text; p; p = p->next) {
		if (p->pos && p->pos != last_pos && p->op != OP_TEXT && p->op != OP_NOP) {
			u32 l, f;
			if (plain && pos_file(p->pos) == pos_file(last_pos)) {
				f = last_file;
				l = pos_line(p->pos);
			} else {
				const SourceFile *sf = source_get(pos_file(p->pos));
				plain = sf && !sf->ndirectives;
				f = obj_file_pos(s->f->obj, p->pos, &l);
			}
			if (l) {
				file.val = (i32)f;
				line.val = (i32)l;
				if (f != last_file)
					use_file(s, f);
			} else {
				plain = false;
			}
			last_file = f;
			last_pos = p->pos;
		}
		inl.val = p->inl ? (i32)p->inl - 1 : -1;
		table_at(&sp, p);
		table_at(&file, p);
		table_at(&line, p);
		table_at(&inl, p);
		for (u32 i = 0; i < info->npcdata; i++)
			table_at(&data[i], p);
		sp.val += p->spadj;
		if (p->op == OP_PCDATA && p->from.offset < info->npcdata) {
			data[p->from.offset].val = (i32)p->to.offset;
			have[p->from.offset] |= p->to.offset != -1;
		}
	}
	info->pcsp = table_end(s, &sp);
	info->pcfile = table_end(s, &file);
	info->pcline = table_end(s, &line);
	info->pcinline = table_end(s, &inl);
	for (u32 i = 0; i < MAX_PCDATA; i++) {
		Str t = {"", 0};
		if (i < info->npcdata && have[i])
			t = table_end(s, &data[i]);
		else
			buf_free(&data[i].b);
		if (i < info->npcdata)
			info->pcdata[i] = t;
	}
	for (u32 i = 0; i < s->f->ninl_marks; i++) {
		const InlMark *m = &s->f->inl_marks[i];
		if (m->inl < info->ninl)
			info->inl[m->inl].parent_pc = m->prog->pc;
	}
	if (s->prologue_last && s->prologue_last->next)
		info->prologue_end = s->prologue_last->next->pc;
}
