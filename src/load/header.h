// header.h: what go/build reads of a Go file: its package clause and imports, the comments in front of them, and the
// patterns of //go:embed lines. Words and places of errors are go/parser's, which the go command shows.
#ifndef INGOT_LOAD_HEADER_H
#define INGOT_LOAD_HEADER_H

#include "load/facts.h"

// Sets what is known of the text in f: package_name, imports, embeds, directives, doc, import_comment, error.
void header_read(Arena *a, Str text, FileFacts *f);
// The text of a group of comments without their marks and directives (go/ast's CommentGroup.Text).
Str comment_text(Arena *a, Str group);
// The first sentence of a package's documentation, cleaned (go/doc's Synopsis).
Str doc_synopsis(Arena *a, Str text);
// Whether an import path may be written (go/build's isValidImport).
bool import_path_valid(Str path);

#endif
