// facts.h: what the loader needs to know of a source file or a directory, kept between runs in one file under
// $GOCACHE, so that a build with nothing changed reads no source: a file whose size, time and inode are those on
// record is what it was. A damaged record is dropped and made anew.
#ifndef INGOT_LOAD_FACTS_H
#define INGOT_LOAD_FACTS_H

#include "load/load.h"

typedef struct ImportFact { Str path; u32 line, col; } ImportFact;

typedef struct FileFacts {
	Str path;               // absolute
	i64 mtime_ns, size;
	u64 ino;
	u8 hash[32];            // of the content: SHA-256 with facts_get_with, else its checksum
	bool is_dir;
	bool cgo;               // imports "C"
	Str package_name;       // of a Go file; empty if there is none
	Str error;              // "line:col: message" of the first syntax error in the head, in go/parser's words
	Str invalid_import;     // the same of an import path that cannot be one
	Str doc;                // first sentence of the package's documentation
	ImportFact import_comment; // what is behind "import" in `package x // import "path"`; line 0: no comment
	Str constraint;         // "g" + //go:build expression, "p" + lines of +build arguments, or empty
	ImportFact *imports; u32 nimports;      // without "C"
	ImportFact *embeds; u32 nembeds;        // patterns of //go:embed
	ImportFact *directives; u32 ndirectives; // comments //go:... in front of the package clause, whole
	Str *names; u32 nnames;                 // of a directory: its regular files (not subdirectories), sorted
	Str summary;            // what facts_get_with's reader made of it
} FileFacts;

typedef struct Facts Facts;
// Opens the record `name` in dir ($GOCACHE); empty dir: nothing is kept.
#define FACTS_FILE "ingot-facts" // in the build cache
Facts *facts_open(Arena *a, Str dir, const char *name);
// The facts of a file (or directory) as it is now. NULL with *err if it cannot be read. Valid as long as the arena.
const FileFacts *facts_get(Facts *f, Str path, Err *err);
// The same of a file that is no source: of its content the hash, and what summarize makes of it, are known.
const FileFacts *facts_get_with(Facts *f, Str path, Str (*summarize)(Arena *a, Str text), Err *err);
void facts_save(Facts *f);      // if anything is new; failures are silent: it is only a cache

#endif
