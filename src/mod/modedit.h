// modedit.h: go.mod and go.work files as text that is changed: what is not touched keeps its order and comments, and
// everything is printed in the one format (golang.org/x/mod/modfile).
#ifndef INGOT_MOD_MODEDIT_H
#define INGOT_MOD_MODEDIT_H

#include "mod/mod.h"

typedef struct EditLine { StrVec before, words; Str suffix; bool removed; } EditLine; // before: comment lines, "" a blank one
typedef enum EditKind { EDIT_LINE, EDIT_BLOCK, EDIT_COMMENT } EditKind;
typedef struct EditStmt {
	EditKind kind;
	StrVec before;          // comment lines above
	EditLine *line;         // EDIT_LINE: with the verb as its first word
	Str verb;               // EDIT_BLOCK
	VEC(EditLine *) lines;
	Str open_suffix, close_suffix;
	StrVec close_before;    // comments above ")"
} EditStmt;
typedef struct ModEdit { Arena *arena; VEC(EditStmt *) stmts; StrVec after; } ModEdit;

// text must have been understood by modfile_parse.
void modedit_parse(ModEdit *e, Arena *a, Str text);
Str modedit_print(ModEdit *e);
void modedit_clean(ModEdit *e);                         // drops removed lines and empty blocks; a block of one line becomes a line
void modedit_sort(ModEdit *e, Str go);

// Calls fn for every line of a verb until it returns false; words: without the verb, unquoted.
typedef bool (*EditVisit)(void *ctx, EditLine *line, StrVec words);
void modedit_each(ModEdit *e, const char *verb, EditVisit fn, void *ctx);
// Adds a line behind hint (NULL: behind the last of its verb, which becomes a block).
EditLine *modedit_add(ModEdit *e, EditLine *hint, const char *verb, const Str *words, u32 n);
void modedit_set(ModEdit *e, EditLine *line, const char *verb, const Str *words, u32 n);
EditLine *modedit_first(ModEdit *e, const char *verb);  // NULL if there is none

void modedit_set_single(ModEdit *e, const char *verb, Str value);       // module, go, toolchain; "" drops the line
void modedit_set_requires(ModEdit *e, const ModRequire *req, u32 n, bool separate, Str go);
void modedit_add_replace(ModEdit *e, ModReplace r);     // new_path empty: drop
void modedit_add_plain(ModEdit *e, const char *verb, Str word);         // tool, ignore, use: unless it is there
void modedit_drop_plain(ModEdit *e, const char *verb, Str word);
Str modfile_quote(Arena *a, Str s);                     // as a word of a go.mod file
bool modfile_words(Arena *a, Str line, StrVec *words, Str *comment);
Str modfile_unquote(Arena *a, Str word);

#endif
