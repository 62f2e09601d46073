// internal.h: what lexer, preprocessor and parser of the assembler share.
#ifndef INGOT_ASM_INTERNAL_H
#define INGOT_ASM_INTERNAL_H

#include "asm/asm.h"

// Kinds of tokens: a rune, or one of these.
enum {
	T_EOF = -1, T_IDENT = -2, T_INT = -3, T_FLOAT = -4, T_CHAR = -5, T_STRING = -6,
	T_LSH = -7, T_RSH = -8, T_ARR = -9, T_ROT = -10,
	T_BUILD = -11,      // a //go:build comment
	T_MACRO_NAME = -12, // the name of a macro that is not to be expanded
};

typedef struct Tok { i32 kind; Str text; } Tok;
typedef VEC(Tok) TokVec;

typedef struct Macro { Str name; Str *args; u32 nargs; bool has_args; TokVec body; } Macro;

// A file as named by the user (file: for messages) and as recorded in objects (record).
typedef struct FilePos { u32 file, record; } FilePos;

// Where tokens come from: the text of a file, or those of a macro.
typedef struct Reader {
	bool is_macro;
	FilePos at;
	u32 line;
	const char *p, *end;        // text still to be read
	const Tok *toks;
	u32 ntoks, pos;
} Reader;

enum { MAX_READERS = 102 };

typedef struct Lex {
	Arena *a;
	const AsmOptions *o;
	Reader stack[MAX_READERS];
	u32 depth;
	Tok cur;                    // last token read from the stack
	bool line_begin;            // a '#' here is a directive
	bool failed;                // a fatal error was reported: nothing but T_EOF follows
	VEC(bool) ifdefs;
	StrMap macros;              // name -> Macro, NULL once undefined
	StrVec dirs;                // where to look for included files
	bool peeked;
	Tok peek;
	StrVec *maps;               // files to unmap
} Lex;

bool lex_open(Lex *l, Arena *a, const AsmOptions *o, Str file, StrVec *maps);
Tok lex_next(Lex *l);           // after preprocessing; text as written
static inline Reader *lex_top(Lex *l) { return &l->stack[l->depth - 1]; }
Str lex_dots(Arena *a, Str s);  // with '.' for U+00B7 and '/' for U+2215
bool str_unquote(Arena *a, Str s, Str *out); // of a Go string or rune literal

// ---- parser -------------------------------------------------------------------------------------

typedef struct Patch { Addr *addr; Str label; } Patch;
typedef struct Line { Tok *toks; u32 n; } Line; // the tokens of an operand

typedef struct Func { LSym *sym; Prog *text, *last; Pos pos; struct Func *next; FuncInfo *info; i64 frame; } Func;

typedef struct Operand { Addr addr; Str label; } Operand;

typedef struct Parser {
	Arena *a;
	const AsmOptions *o;
	const Arch *arch;
	ObjPkg *obj;                // NULL: only symabis are wanted
	Lex *lex;
	u32 line;                   // of the instruction's first token
	FilePos at;                 // file of the last token
	u64 error_line;             // last line (and file) with an error: one each
	u32 errors;
	bool saw_code, too_many, allow_abi, is_jump;
	u32 pc;                     // Progs so far
	Str prefix;                 // of the package's symbols
	StrVec pending;             // labels of the next instruction
	StrMap labels;              // of the function: name -> Prog
	VEC(Patch) patches;
	const Tok *in;              // operand being parsed
	u32 nin, pos;
	Func *first, *fn;           // functions of this file
	Func **tail;
	StrMap *statics;            // name -> LSym, of all files of the package
	StrMap data_end;            // symbol -> end of its last DATA + 1
	Map *data;                  // LSym -> 1 if DATA wrote to it, 2 if GLOBL defined it
	u32 *seq;
} Parser;

PRINTF_LIKE(2, 3) void parse_error(Parser *p, const char *fmt, ...);
bool parse_file(Parser *p);     // all lines to functions and data
bool parse_symabis(Parser *p, Buf *out);
void parse_operand(Parser *p, Line l, Operand *out);
Addr parse_addr(Parser *p, Line l);
bool parse_func_address(Parser *p, Line l, Str *name, Abi *abi);
i64 parse_positive(Parser *p, Str s);
void parse_text(Parser *p, Line *ops, u32 n);
void parse_data(Parser *p, Line *ops, u32 n);
void parse_globl(Parser *p, Line *ops, u32 n);
void parse_patch(Parser *p);
void parse_append(Parser *p, Prog *prog, Str suffix);
Pos parse_pos(Parser *p);
SymKind asm_fips_kind(Parser *p, LSym *s, SymKind k);
static inline bool addr_is_pseudo(const Addr *a) { return a->reg >= 0xfff0; }

// Pseudo registers, beside the processor's.
enum { PSEUDO_SB = 0xfff0, PSEUDO_FP, PSEUDO_PC };

#endif
