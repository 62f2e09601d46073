// link.h: Go objects in, an executable out. link_program runs the whole pipeline of link.c on objects in
// memory or in files; it keeps no state between calls and may run beside other threads' work.
#ifndef INGOT_LINK_H
#define INGOT_LINK_H

#include "base/base.h"

// A package that the program may import. Which are linked is decided by the import lists in the objects.
typedef struct LinkInput {
	Str path;           // import path; the main package is "main"
	Str file;           // its archive, for messages, and to be mapped when bytes.p is NULL
	Str bytes;          // archive ("!<arch>\n") or bare object; must live until link_program returns
} LinkInput;

typedef struct LinkDef { Str name, value; } LinkDef; // -X importpath.name=value

typedef enum LinkMode { LINK_EXE, LINK_PIE } LinkMode;

typedef struct LinkConfig {
	Str out;            // file to write, replaced whole; or
	Buf *out_buf;       // where to append the image instead; or
	int out_fd;         // a descriptor (memfd) when > 0: written from offset 0
	Str goos, goarch;
	Str goroot;         // replaces "$GOROOT" in file names; and runtime.defaultGOROOT, unless empty
	Str build_version;  // runtime.buildVersion, e.g. "go1.27.4"
	Str mod_info;       // runtime.modinfo
	Str build_id;       // Go build ID note, none if empty
	Str host_build_id;  // -B: "gobuildid", "none", "0x...", or empty
	Str entry;          // -E: entry symbol, default by system
	const LinkDef *defs;
	u32 ndefs;
	bool strip_symtab;  // -s
	bool strip_dwarf;   // -w
	bool no_compress;   // -compressdwarf=false
	bool no_check_linkname;
	bool ignore_version; // -f
	bool dump_deps;     // -dumpdep: each edge of reachability to stdout
	bool debug_nosplit; // -debugnosplit
	bool verbose;       // -v: sizes and times of the passes to stderr
	bool all_errors;
	bool race;
	u32 strict_dups;    // 1 warns, 2 fails
	u64 text_addr, data_addr, round; // 0: the system's default
	u32 func_align;
	LinkMode mode;
	Pool *pool;         // NULL: one is made
	// Asked of what the program reaches and no object defines: whether an archive left it out. After a true the link ends
	// without a message, and may succeed with archives that leave nothing out. May be NULL.
	bool (*left_out)(void *ctx, Str sym);
	void *left_out_ctx;
} LinkConfig;

// Facts about the linked program that its caller wants.
typedef struct LinkResult {
	bool may_reexec;    // os.StartProcess, syscall.Exec or os.Executable is reachable
	u64 size;           // of the image
	u32 npackages, nsyms;
} LinkResult;

// False if errors were reported; then no output exists.
bool link_program(const LinkConfig *cfg, const LinkInput *in, u32 n, LinkResult *res, Diags *diags);

// Reads an -importcfg file into inputs (packagefile lines) and *mod_info.
// The bytes of a GNU build ID given in hexadecimal (-B 0x...) and their number. Returns what is wrong with it, or "".
Str link_parse_note(Arena *a, Str hex, u8 id[32], u32 *n);
Err link_read_importcfg(Arena *a, Str file, LinkInput **in, u32 *n, Str *mod_info);

#endif
