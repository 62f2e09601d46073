// obj_int.h: what the files of obj/ share: the inside of an ObjPkg.
#ifndef INGOT_OBJ_INT_H
#define INGOT_OBJ_INT_H

#include <pthread.h>

#include "obj/goobj.h"
#include "obj/obj.h"

enum { OBJ_SHARDS = 16 };

typedef struct SymSlot { u32 hash; LSym *sym; } SymSlot;

// A part of the symbol table, and an arena, each with its own lock so that threads seldom meet.
typedef struct ObjShard {
	pthread_mutex_t lock;
	SymSlot *slots;     // open addressing, named symbols of hash % OBJ_SHARDS
	u32 n, cap;
	LSym **all;         // every symbol made through this shard, in no particular order
	u32 nall, call;
	pthread_mutex_t arena_lock;
	Arena *arena;
} ObjShard;

struct ObjPkg {
	Str path;           // import path
	Str trimpath;       // obj_set_trimpath
	Str prefix;         // escaped as symbol names have it (objabi.PathToPrefix)
	u32 flags;
	u64 id;             // of no other in this process
	ObjShard shard[OBJ_SHARDS];
	_Atomic u32 serial;
	pthread_mutex_t lock; // of what follows
	Arena *arena;
	VEC(Str) files;
	StrMap file_index;
	Map source_index;   // SourceFile index -> index in files + 1
	StrVec imports;
};

// The sequence in which a symbol is written: by seq, then name, abi, serial.
LSym **obj_sorted_defs(ObjPkg *o, u32 *n);
u8 obj_content_section(const LSym *s); // gc's contentHashSection: 0 where content alone decides

#endif
