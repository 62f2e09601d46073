// build.h: private to build*.c, which turn ir trees into SSA in one walk. Variables that fit become SSA variables, a
// number for each scalar component, with phis made while reading (Braun et al., "Simple and Efficient Construction
// of SSA Form"); the others live in slots. Invariant: a Rv of a type that has a shape in SSA holds one value for
// each component; of any other type, the address of memory that holds it, good until something is evaluated
// that may write there.
#ifndef INGOT_SSA_BUILD_H
#define INGOT_SSA_BUILD_H

#include "rtti/rtti.h"
#include "ssa/ssa.h"

typedef struct Comp { u8 type; bool barrier; i32 off; } Comp; // barrier: a store to the heap needs a write barrier
typedef struct Shape {
	Type *type;
	i64 size;
	u32 align;
	bool ssa, ptrs;         // taken apart into components; has pointers
	u8 n;
	Comp c[4];
} Shape;
typedef struct Rv { const Shape *sh; Ref c[4]; } Rv;

// Memory: p + off. stack: in this frame (never a write barrier). fresh: new heap memory, known to be zero.
// good: cannot fault.
typedef struct Mem { Ref p; i64 off; bool stack, fresh, good; } Mem;

typedef enum VarWhere { AT_SSA, AT_SLOT, AT_PTR } VarWhere;
typedef struct VarInfo {
	u8 where;               // AT_PTR: ssa variable `first` holds its address (heap, captured by reference)
	bool ptr_in_slot;       // AT_PTR: slot holds the address instead (results that deferred calls may see)
	bool result_stack;      // AT_SSA result that leaves through the caller's stack
	bool buffer_given;      // a slice: one append to it makes the array in the frame its own at once
	u32 buffer;             // that array's slot + 1
	const Shape *sh;
	u32 first;              // first SSA variable
	u32 slot;
} VarInfo;

// cur: its value at the end of the block `at`, being built; comp: number of the component that debuggers know it as + 1
typedef struct SsaVar { u8 type; BlockId at; Ref cur; u32 comp; } SsaVar;
typedef struct BlockState { bool sealed; VEC(Ref) phis; } BlockState; // phis: incomplete ones of an unsealed block
typedef struct DefSlot { u64 key; Ref val; } DefSlot;
typedef struct Target_ { IrNode *node; BlockId brk, cont; } BranchTarget;
typedef struct LabelState { u32 id; BlockId block; } LabelState;

#define RUNTIME_CALLS(X) \
	X(newobject) X(mallocgc) X(panicdivide) X(panicshift) X(panicmakeslicelen) X(panicmakeslicecap) X(panicwrap) \
	X(panicoverflow) X(gopanic) X(gorecover) X(printbool) X(printfloat64) X(printfloat32) X(printint) X(printhex) X(printuint) \
	X(printcomplex128) X(printcomplex64) X(printstring) X(printquoted) X(printpointer) X(printuintptr) X(printiface) X(printeface) \
	X(printslice) X(printnl) X(printsp) X(printlock) X(printunlock) X(concatstring2) X(concatstring3) X(concatstring4) \
	X(concatstring5) X(concatstrings) X(cmpstring) X(intstring) X(slicebytetostring) X(slicerunetostring) \
	X(stringtoslicebyte) X(stringtoslicerune) X(slicecopy) X(convT) X(convTnoptr) X(convT16) X(convT32) X(convT64) \
	X(convTstring) X(convTslice) X(assertE2I) X(assertE2I2) X(panicdottypeE) X(panicdottypeI) X(panicnildottype) \
	X(typeAssert) X(interfaceSwitch) X(ifaceeq) X(efaceeq) X(makemap64) X(makemap) X(makemap_small) X(mapaccess1) \
	X(mapaccess1_fast32) X(mapaccess1_fast64) X(mapaccess1_faststr) X(mapaccess1_fat) X(mapaccess2) X(mapaccess2_fast32) \
	X(mapaccess2_fast64) X(mapaccess2_faststr) X(mapaccess2_fat) X(mapassign) X(mapassign_fast32) X(mapassign_fast32ptr) \
	X(mapassign_fast64) X(mapassign_fast64ptr) X(mapassign_faststr) X(mapIterStart) X(mapIterNext) X(mapdelete) \
	X(mapdelete_fast32) X(mapdelete_fast64) X(mapdelete_faststr) X(mapclear) X(makechan64) X(makechan) X(chanrecv1) \
	X(chanrecv2) X(chansend1) X(closechan) X(chanlen) X(chancap) X(typedmemmove) X(typedmemclr) X(typedslicecopy) \
	X(selectnbsend) X(selectnbrecv) X(selectgo) X(block) X(makeslice) X(makeslice64) X(makeslicecopy) X(growslice) X(growsliceBuf) X(moveSlice) X(moveSliceNoScan) X(moveSliceNoCap) X(moveSliceNoCapNoScan) \
	X(panicunsafeslicelen) X(panicunsafeslicenilptr) X(panicunsafestringlen) X(panicunsafestringnilptr) X(memmove) \
	X(memclrNoHeapPointers) X(memclrHasPointers) X(memequal) X(complex128div) X(newproc) X(deferproc) X(deferprocat) \
	X(deferprocStack) X(deferreturn) X(rand)
typedef enum RtCall {
#define X(n) RT_##n,
	RUNTIME_CALLS(X)
#undef X
	RT_COUNT
} RtCall;

typedef struct Builder {
	Func *f;
	IrUnit *u;
	IrFunc *fn;
	Arena *a;
	BlockId cur;            // being built; 0: unreachable
	u32 pos;                // index into f->positions
	VEC(SsaVar) vars;
	VEC(DebugVar) debug_vars;
	VEC(DebugMark) debug_marks;
	u32 ndebug;             // components
	BlockState *blocks; u32 cblocks;
	DefSlot *defs; u32 ndefs, cdefs;        // (block, variable) -> value: hash table
	VEC(Ref) todo;          // phis of sealed blocks without arguments yet
	VEC(u32) todo_var;
	bool filling;
	VEC(BranchTarget) targets;
	VEC(LabelState) labels;
	BlockId ret_block;      // common exit of functions with defers
	const Shape *shapes[256]; // cache by type pointer
	LSym *rt[RT_COUNT];
	Ref entry_zero;
	Ref clo;                // context pointer
	struct { u32 kind, pos; BlockId b; } panics[8]; // shared calls of argumentless panics
	u32 npanics;
	u32 defer_bits_var;     // SSA variable
	u32 nopen;              // open-coded defers so far
	bool open_defers;
	struct { BlockId b; u8 type; i64 v; Ref r; } consts[32]; // small cache of constants of the current block
} Builder;

// ---- build.c: blocks, SSA variables, statements

// The order in which operands are evaluated, as gc has it: those with calls first, then those that only read, which see
// what the calls changed. (The specification leaves it open.)
u32 *operand_order(Builder *b, IrList l);
BlockId bl_new(Builder *b);                             // unsealed
void bl_start(Builder *b, BlockId x);                   // goes on in x
void bl_seal(Builder *b, BlockId x);                    // no further predecessor will come
void bl_goto(Builder *b, BlockId x);                    // ends the current block, if there is one
void bl_if(Builder *b, Ref cond, BlockId t, BlockId f, int likely);
void bl_exit(Builder *b);                               // behind a call that does not return
void bl_need(Builder *b);                               // makes a (dead) block to build in where there is none
u32 sv_new(Builder *b, u8 type);
void sv_set(Builder *b, u32 v, Ref r);
void sv_debug(Builder *b, u32 first, IrVar *v, const Shape *sh); // SSA variables from first on are v of shape sh; NULL: its address
Ref sv_get(Builder *b, u32 v);
void stmts(Builder *b, IrList l);
void stmt(Builder *b, IrNode *n);
void set_pos(Builder *b, IrNode *n);
BranchTarget *target_of(Builder *b, IrNode *n);
void keep_value(Builder *b, Rv v);                      // alive until here: what pointers in v lead to, in the frame too
void target_push(Builder *b, IrNode *n, BlockId brk, BlockId cont);
void var_begin(Builder *b, IrVar *v);                   // a new incarnation, not yet written
void var_begin_zero(Builder *b, IrVar *v);
void cond(Builder *b, IrNode *n, BlockId t, BlockId f, int likely);

// ---- build_mem.c: values, shapes, memory, variables

Ref e0(Builder *b, u16 op, u8 type, i64 imm);
Ref e1(Builder *b, u16 op, u8 type, Ref x);
Ref e2(Builder *b, u16 op, u8 type, Ref x, Ref y);
Ref e3(Builder *b, u16 op, u8 type, Ref x, Ref y, Ref z);
Ref ci(Builder *b, u8 type, i64 v);                     // integer or pointer constant
Ref cf(Builder *b, u8 type, double v);
Ref symaddr(Builder *b, LSym *s, i64 off);
Ref slot_addr(Builder *b, u32 slot, i64 off);
bool is_const(Builder *b, Ref r, i64 *v);
Ref off_ptr(Builder *b, Ref p, i64 off);
Ref add_ptr(Builder *b, Ref p, Ref i);
Ref to_i64(Builder *b, Ref r, bool is_signed);          // an integer of any width
Ref to_ptr(Builder *b, Ref r);
extern const Shape shape_void;                         // of what has no value
const Shape *shape_of(Builder *b, Type *t);
Rv rv1(const Shape *sh, Ref r);
Rv rv_zero(Builder *b, const Shape *sh);                // of a type in SSA
Ref mem_ptr(Builder *b, Mem m);                         // its address as a value
Mem mem_at(Mem m, i64 off);
Mem mem_of_ptr(Builder *b, Ref p);                      // sees through addresses of slots
Ref load1(Builder *b, u8 type, Mem m);
Ref load_ro(Builder *b, u8 type, Ref p, i64 off);       // from read-only tables
void store1(Builder *b, Mem m, Ref v);                  // no barrier
Rv mem_load(Builder *b, Mem m, const Shape *sh);
void mem_store(Builder *b, Mem m, Rv v);                // with barriers as needed
void mem_store_comp(Builder *b, Mem m, const Comp *c, Ref v);
void mem_zero(Builder *b, Mem m, const Shape *sh);
void mem_copy(Builder *b, Mem dst, Ref src, const Shape *sh, bool may_overlap);
u32 tmp_slot(Builder *b, Type *t);                      // a temporary, about to be wholly written
void slot_clear(Builder *b, u32 slot);                  // begins to live, zeroed
Mem slot_mem(Builder *b, u32 slot);
Mem rv_to_mem(Builder *b, Rv v, bool addr_taken);       // the value in memory: where it is, or in a temporary
void var_def(Builder *b, u32 slot);
VarInfo *var_info(Builder *b, IrVar *v);
Rv var_get(Builder *b, IrVar *v);
void var_set(Builder *b, IrVar *v, Rv x);
Mem var_mem(Builder *b, IrVar *v);                      // of variables in memory
u32 field_comp(Builder *b, Type *t, u32 field);         // first component of a field
Type *make_struct(Builder *b, Type **types, u32 n);     // canonical, fields F0 ...
Rv rv_field(Builder *b, Rv v, u32 field, const Shape *fs);
Rv rv_as(Builder *b, Rv v, const Shape *sh);            // the same bits as another type: pointers in and out of the heap

// ---- build_expr.c

Rv expr(Builder *b, IrNode *n);
Ref expr1(Builder *b, IrNode *n);
void borrow(IrNode *n, IrNode *other); // n, string(bytes), needs no copy unless other is in its way; NULL: nothing is
Rv map_key(Builder *b, IrNode *n);                      // of a look-up, which does not keep it
void expr_into(Builder *b, Mem dst, IrNode *n, bool fresh); // fresh: evaluating n cannot see dst
void expr_multi(Builder *b, IrNode *n, Rv *out, u32 nout);  // tuples; out[i].sh is set
bool is_simple(IrNode *n);                              // cannot call, panic or write; cheap
bool is_addressable(Builder *b, IrNode *n);
Mem addr(Builder *b, IrNode *n);
Ref nil_check(Builder *b, Ref p);
Ref equal(Builder *b, Type *t, Rv x, Rv y);             // I8
Ref compare(Builder *b, Op op, Type *t, Rv x, Rv y);
Ref not_(Builder *b, Ref x);
Rv binary(Builder *b, Op op, Type *t, Rv x, Rv y, Type *yt, IrNode *n);
bool is_signed(Type *t);
void slice_parts(Builder *b, IrNode *n, Ref *ptr, Ref *len, Ref *cap); // of a slice or string; NULL: not wanted, not loaded
bool node_is_const(IrNode *n, i64 *v);

// ---- build_conv.c

Rv convert(Builder *b, Rv v, Type *from, Type *to);     // numeric
Rv conv_expr(Builder *b, IrNode *n);
Rv conv_iface(Builder *b, IrNode *n);
Rv box(Builder *b, Rv v, Type *t, Type *iface, bool on_stack, IrNode *src);
void dot_type(Builder *b, IrNode *n, Rv *val, Ref *ok); // ok: NULL for the panicking form
Rv dot_value(Builder *b, Ref data, Type *t);            // the t in an interface's data word
Ref iface_type_word(Builder *b, Ref word, Type *iface); // type descriptor of a non-nil first word
Ref as_word(Builder *b, Rv v, u8 type);                 // a value of that many bytes as an integer or pointer
Ref type_assert(Builder *b, Type *to, Ref typ, bool can_fail); // itab for interface `to` of the type in typ; 0 if it can fail
Rv iface_to_iface(Builder *b, Rv v, Type *from, Type *to);

// ---- build_call.c

Rv call_expr(Builder *b, IrNode *n, const Mem *dst);    // one or no result; dst: store it there (stack memory)
void call_multi(Builder *b, IrNode *n, Rv *out, u32 nout);
Ref rt(Builder *b, RtCall fn, u8 result, u32 n, ...);   // SSA_VOID: no result; arguments are Refs
void rt_n(Builder *b, RtCall fn, const u8 *results, Ref *out, u32 nout, const Ref *args, u32 n);
bool rt_malloc(Builder *b, i64 size, bool pointers, Ref type, Ref *out);
void rt_panic(Builder *b, RtCall fn, u32 n, ...);       // does not return
void panic_if(Builder *b, Ref cond, RtCall fn);         // argumentless panic
void panic_unless(Builder *b, Ref ok, RtCall fn);
void emit_static(Builder *b, IrFunc *f, Rv *args, Rv *out); // a plain function with evaluated arguments
LSym *rt_sym(Builder *b, RtCall fn);
void go_stmt(Builder *b, IrNode *n);
void defer_stmt(Builder *b, IrNode *n);
void defers_begin(Builder *b);                          // in the entry block
void return_stmt(Builder *b, IrNode *n);                // NULL: falling off the end
void build_exit(Builder *b);                            // the common exit and the entry of deferreturn
void build_params(Builder *b);

// ---- build_lit.c

Rv lit_expr(Builder *b, IrNode *n);
void lit_into(Builder *b, Mem dst, IrNode *n);          // struct and array literals; dst is memory nobody sees
Rv lit_addr(Builder *b, IrNode *n, Type *ptr, bool on_stack); // &T{...}
Rv closure_expr(Builder *b, IrNode *n);
Ref new_object(Builder *b, Type *t, bool on_stack);     // zeroed
u32 small_array(Builder *b, Type *elem); // a slot of SMALL_ARRAY bytes at most, as elements
Rv move_slice(Builder *b, IrNode *n);
Rv make_slice(Builder *b, IrNode *n);
i64 closure_offset(IrFunc *f, u32 i);                   // of a captured variable in the closure object

// ---- build_slice.c

Rv index_expr(Builder *b, IrNode *n);
Mem index_mem(Builder *b, IrNode *n);                   // of an element in memory
Rv slice_expr(Builder *b, IrNode *n);
Rv append_expr(Builder *b, IrNode *n);
bool append_in_place(Builder *b, IrNode *lhs, IrNode *n); // false: nothing has been built
bool slice_in_place(Builder *b, IrNode *lhs, IrNode *n);  // the same
Rv copy_expr(Builder *b, IrNode *n);
Rv concat_expr(Builder *b, IrNode *n);
Rv concat(Builder *b, Rv *s, u32 n, bool on_stack);

// ---- build_map.c

Rv map_index(Builder *b, IrNode *n);
Rv map_load(Builder *b, Type *m, Ref map, Rv key);
void map_index2(Builder *b, IrNode *n, Rv *val, Ref *ok);
Mem map_assign(Builder *b, Type *m, Ref map, Rv key);   // where the element is to be written
Mem map_element(Builder *b, IrNode *n);                // of a MAPINDEX, which is added if it is not there
void map_delete(Builder *b, IrNode *n);
Rv make_map(Builder *b, IrNode *n);
Rv map_lit(Builder *b, IrNode *n);
void range_map(Builder *b, IrNode *n);
void clear_stmt(Builder *b, IrNode *n);

// ---- build_chan.c

Rv recv_expr(Builder *b, IrNode *n, Ref *ok);
void send_stmt(Builder *b, IrNode *n);
void select_stmt(Builder *b, IrNode *n);

// ---- build_switch.c

void switch_stmt(Builder *b, IrNode *n);
void type_switch(Builder *b, IrNode *n);

// ---- build_intrinsics.c

// Builds a call that is not a call; false if fn is an ordinary function. out: its results.
bool intrinsic(Builder *b, IrNode *call, Rv *out, u32 nout);

#endif
