// asm.h: the Plan 9 assembler: .s files -> the symabis of a package, or its functions and data in an ObjPkg.
#ifndef INGOT_ASM_H
#define INGOT_ASM_H

#include "arch/arch.h"
#include "base/base.h"
#include "obj/obj.h"

typedef struct AsmOptions {
	const Arch *arch;
	Str import_path;        // -p
	Str *files;             // as given; messages show them so
	u32 nfiles;
	Str dir;                // where relative paths begin; empty: the process's working directory
	Str *includes;          // -I: searched after the directory of the including command-line file
	u32 nincludes;
	Str *defines;           // -D: "NAME" (1) or "NAME=VALUE"
	u32 ndefines;
	Str go_asm_h;           // what #include "go_asm.h" reads; p == NULL: a file like others
	Str trimpath;           // rewrites of recorded file names, "prefix=>replacement;prefix"
	Str goroot;             // recorded file names below it begin with $GOROOT
	Str *experiments;       // enabled GOEXPERIMENTs, lower case: packages of the runtime get GOEXPERIMENT_x defined
	u32 nexperiments;       // 0 with NULL: those that Go 1.27 enables
	bool shared;            // -shared: position-independent code
	bool dynlink;           // -dynlink: data of other shared libraries; implies shared
	bool retpoline;         // -spectre=ret
	bool all_errors;        // -e: no limit
	bool list;              // -S: functions keep their instructions as text
	bool debug;             // print each instruction as it is parsed
	Diags *diags;
} AsmOptions;

// The text that -gensymabis writes ("def NAME ABI", "ref NAME ABI" lines) of all files. False: errors in diags.
bool asm_symabis(const AsmOptions *o, Buf *out);

// Assembles all files into obj: functions, data, file-local symbols. False: errors in diags, obj is incomplete.
// Function symbols are ABI0 unless the file says otherwise; file-local ones are shared by the files of one call.
// `seq` is the first number given to obj_define.
bool asm_package(const AsmOptions *o, ObjPkg *obj, u32 seq);

// Packages whose assembly may use ABI selectors, as f<ABIInternal>(SB) (objabi/pkgspecial.go).
bool asm_allows_abi(Str import_path);

#endif
