// value.h: values that commands show: by `-json` and by `-f` templates. Built in an arena, read-only once built.
#ifndef INGOT_CMD_VALUE_H
#define INGOT_CMD_VALUE_H

#include "base/base.h"

typedef enum ValueKind { V_NIL, V_BOOL, V_INT, V_STR, V_LIST, V_STRUCT, V_MAP } ValueKind;

typedef struct Value Value;
typedef struct ValueField { Str name; Value *val; bool show_zero; } ValueField; // show_zero: -json prints it even if it is zero
struct Value {
	u8 kind;
	Str text;               // what String() of Go gives; empty: none
	const char *type;       // Go's name of the type, for messages; NULL: by kind
	union {
		bool b;
		i64 i;
		Str s;
		struct { Value **p; u32 n, cap; } list;
		struct { ValueField *p; u32 n, cap; } fields; // V_STRUCT in order of declaration; V_MAP sorted by name
	};
};

Value *value_nil(Arena *a);
Value *value_bool(Arena *a, bool b);
Value *value_int(Arena *a, i64 i);
Value *value_str(Arena *a, Str s);
Value *value_list(Arena *a);
Value *value_strs(Arena *a, const StrVec *v);
Value *value_struct(Arena *a, const char *type);
Value *value_map(Arena *a);
void value_append(Arena *a, Value *list, Value *v);
void value_set(Arena *a, Value *s, const char *name, Value *v);    // a field; maps: kept sorted
Value *value_field(const Value *v, Str name);                      // NULL if there is none
bool value_truth(const Value *v);                                  // as templates have it
void value_json(Buf *out, const Value *v, u32 indent);             // as encoding/json's MarshalIndent with tabs

bool json_parse(Arena *a, Str text, Value **out);                   // objects become structs; false if it is malformed
void json_string(Buf *out, Str s);                                 // quoted, as encoding/json does it

// Go's text/template. Functions besides the built-in ones: those of `go list`: join, context, module.
typedef struct Template Template;
typedef struct TemplateFuncs {
	Value *(*call)(void *ctx, Str name, Value **args, u32 n, Str *err); // NULL with err empty: no such function
	void *ctx;
} TemplateFuncs;
// NULL with *err (in text/template's words) if it is malformed.
Template *template_parse(Arena *a, Str name, Str text, const TemplateFuncs *funcs, Str *err);
bool template_run(Template *t, Value *dot, Buf *out, Str *err);

#endif
