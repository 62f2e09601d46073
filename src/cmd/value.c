// value.c: see value.h.
#include "cmd/value.h"

static Value *make(Arena *a, ValueKind k)
{
	Value *v = NEW(a, Value);
	v->kind = (u8)k;
	return v;
}

Value *value_nil(Arena *a) { return make(a, V_NIL); }
Value *value_list(Arena *a) { return make(a, V_LIST); }
Value *value_map(Arena *a) { return make(a, V_MAP); }

Value *value_bool(Arena *a, bool b)
{
	Value *v = make(a, V_BOOL);
	v->b = b;
	return v;
}

Value *value_int(Arena *a, i64 i)
{
	Value *v = make(a, V_INT);
	v->i = i;
	return v;
}

Value *value_str(Arena *a, Str s)
{
	Value *v = make(a, V_STR);
	v->s = s;
	return v;
}

Value *value_struct(Arena *a, const char *type)
{
	Value *v = make(a, V_STRUCT);
	v->type = type;
	return v;
}

void value_append(Arena *a, Value *list, Value *v)
{
	vec_push(a, &list->list, v);
}

Value *value_strs(Arena *a, const StrVec *strs)
{
	Value *v = value_list(a);
	for (u32 i = 0; i < strs->n; i++)
		value_append(a, v, value_str(a, strs->p[i]));
	return v;
}

void value_set(Arena *a, Value *s, const char *name, Value *v)
{
	vec_push(a, &s->fields, (ValueField){str_dup(a, str(name)), v, false});
	if (s->kind == V_MAP) // insertion keeps it sorted
		for (u32 i = s->fields.n - 1; i > 0 && str_cmp(s->fields.p[i].name, s->fields.p[i - 1].name) < 0; i--) {
			ValueField f = s->fields.p[i];
			s->fields.p[i] = s->fields.p[i - 1];
			s->fields.p[i - 1] = f;
		}
}

Value *value_field(const Value *v, Str name)
{
	if (v->kind != V_STRUCT && v->kind != V_MAP)
		return NULL;
	for (u32 i = 0; i < v->fields.n; i++)
		if (str_eq(v->fields.p[i].name, name))
			return v->fields.p[i].val;
	return NULL;
}

bool value_truth(const Value *v)
{
	switch (v->kind) {
	case V_BOOL: return v->b;
	case V_INT: return v->i != 0;
	case V_STR: return v->s.n > 0;
	case V_LIST: return v->list.n > 0;
	case V_MAP: return v->fields.n > 0;
	case V_STRUCT: return true;
	default: return false;
	}
}

// ---- JSON ---------------------------------------------------------------------------------------

void json_string(Buf *out, Str s)
{
	buf_u8(out, '"');
	for (u32 i = 0; i < s.n;) {
		u8 c = (u8)s.p[i];
		if (c >= 0x80) {
			u32 w, r = utf8_decode(s.p + i, s.n - i, &w);
			if (r == 0xfffd && w == 1)
				buf_c(out, "\\ufffd");
			else if (r == 0x2028 || r == 0x2029)
				buf_printf(out, "\\u%04x", r);
			else
				buf_bytes(out, s.p + i, w);
			i += w;
			continue;
		}
		if (c == '"' || c == '\\')
			buf_printf(out, "\\%c", c);
		else if (c == '\n' || c == '\r' || c == '\t' || c == '\b' || c == '\f')
			buf_printf(out, "\\%c", c == '\n' ? 'n' : c == '\r' ? 'r' : c == '\t' ? 't' : c == '\b' ? 'b' : 'f');
		else if (c < 0x20 || c == '<' || c == '>' || c == '&' || c == 0x7f)
			buf_printf(out, c == 0x7f ? "\x7f" : "\\u%04x", c);
		else
			buf_u8(out, c);
		i++;
	}
	buf_u8(out, '"');
}

static void newline(Buf *out, u32 indent)
{
	buf_u8(out, '\n');
	for (u32 i = 0; i < indent; i++)
		buf_u8(out, '\t');
}

static bool is_empty(const Value *v)
{
	return v->kind == V_STRUCT ? v->fields.n == 0 : !value_truth(v);
}

void value_json(Buf *out, const Value *v, u32 indent)
{
	bool first = true;
	switch (v->kind) {
	case V_NIL:
		buf_c(out, "null");
		break;
	case V_BOOL:
		buf_c(out, v->b ? "true" : "false");
		break;
	case V_INT:
		buf_printf(out, "%lld", (long long)v->i);
		break;
	case V_STR:
		json_string(out, v->s);
		break;
	case V_LIST:
		buf_u8(out, '[');
		for (u32 i = 0; i < v->list.n; i++) {
			if (i)
				buf_u8(out, ',');
			newline(out, indent + 1);
			value_json(out, v->list.p[i], indent + 1);
		}
		if (v->list.n)
			newline(out, indent);
		buf_u8(out, ']');
		break;
	default:
		buf_u8(out, '{');
		for (u32 i = 0; i < v->fields.n; i++) {
			ValueField *f = &v->fields.p[i];
			if (v->kind == V_STRUCT && !f->show_zero && is_empty(f->val))
				continue;
			if (!first)
				buf_u8(out, ',');
			first = false;
			newline(out, indent + 1);
			json_string(out, f->name);
			buf_c(out, ": ");
			value_json(out, f->val, indent + 1);
		}
		if (!first)
			newline(out, indent);
		buf_u8(out, '}');
	}
}
