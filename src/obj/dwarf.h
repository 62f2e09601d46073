// dwarf.h: numbers of DWARF 5 that objects and linker share, and the shapes of entries (abbrevs.def).
#ifndef INGOT_OBJ_DWARF_H
#define INGOT_OBJ_DWARF_H

enum {
	AB_NULL,
#define ABBREV(name, tag, children, attrs) AB_##name,
#include "obj/abbrevs.def"
#undef ABBREV
};

enum { // attributes
	DW_AT_location = 0x02, DW_AT_name = 0x03, DW_AT_byte_size = 0x0b, DW_AT_stmt_list = 0x10, DW_AT_low_pc = 0x11,
	DW_AT_high_pc = 0x12, DW_AT_language = 0x13, DW_AT_comp_dir = 0x1b, DW_AT_const_value = 0x1c, DW_AT_inline = 0x20,
	DW_AT_producer = 0x25, DW_AT_abstract_origin = 0x31, DW_AT_count = 0x37, DW_AT_data_member_location = 0x38,
	DW_AT_decl_file = 0x3a, DW_AT_decl_line = 0x3b, DW_AT_encoding = 0x3e, DW_AT_external = 0x3f, DW_AT_frame_base = 0x40,
	DW_AT_type = 0x49, DW_AT_variable_parameter = 0x4b, DW_AT_ranges = 0x55, DW_AT_trampoline = 0x56,
	DW_AT_call_file = 0x58, DW_AT_call_line = 0x59, DW_AT_addr_base = 0x73, DW_AT_go_kind = 0x2900, DW_AT_go_key = 0x2901,
	DW_AT_go_elem = 0x2902, DW_AT_go_embedded_field = 0x2903, DW_AT_go_runtime_type = 0x2904,
	DW_AT_go_package_name = 0x2905, DW_AT_go_dict_index = 0x2906, DW_AT_go_closure_offset = 0x2907,
};
enum { // forms
	DW_FORM_ADDR = 0x01, DW_FORM_DATA4 = 0x06, DW_FORM_STRING = 0x08, DW_FORM_BLOCK1 = 0x0a, DW_FORM_DATA1 = 0x0b,
	DW_FORM_FLAG = 0x0c, DW_FORM_SDATA = 0x0d, DW_FORM_UDATA = 0x0f, DW_FORM_REF_ADDR = 0x10, DW_FORM_SEC_OFFSET = 0x17,
	DW_FORM_ADDRX = 0x1b,
};
enum {
	DW_OP_addr = 0x03, DW_OP_deref = 0x06, DW_OP_fbreg = 0x91, DW_OP_call_frame_cfa = 0x9c, DW_RLE_end_of_list = 0, DW_RLE_base_addressx = 1,
	DW_RLE_offset_pair = 4, DW_LNS_copy = 1, DW_LNS_advance_pc = 2, DW_LNS_advance_line = 3, DW_LNS_set_file = 4,
	DW_LNS_set_prologue_end = 10, DW_LNE_end_sequence = 1, DW_LNE_set_address = 2, DW_LANG_Go = 0x16,
	LINE_BASE = -4, LINE_RANGE = 10, LINE_OPCODE_BASE = 11, // of line programs (cmd/internal/obj/dwarf.go)
};

#define DWARF_INFO "go:info."           // symbols of types and abstract functions
#define DWARF_CONST "go:constinfo."     // of a package's constants

#endif
