# Ingot: `make` builds bin/go, `make run` sets everything up and runs an example, `make test` tests.
# Sources are found by directory: to add a file, put it where it belongs.
CC ?= gcc
CFLAGS ?= -O2 -g -fno-pie
WARN = -Wall -Wextra -Wno-unused-parameter -Wno-missing-field-initializers -Wno-override-init
LDFLAGS ?= -Wl,--build-id -no-pie
STD = -std=gnu17 -Isrc -D_GNU_SOURCE -pthread -fno-strict-aliasing
# Static where that is installed: half of what a short command takes would be the loading of shared libraries.
static_lib = $(if $(filter /%,$(shell $(CC) -print-file-name=lib$(1).a)),-l:lib$(1).a,-l$(1))
LIBS := $(foreach l,mpfr gmp z,$(call static_lib,$(l))) -Wl,--as-needed -ldl -lm
B ?= build/release

SRC := $(sort $(wildcard src/*/*.c src/*/*/*.c))
OBJ := $(SRC:%.c=$(B)/%.o)
UNIT := $(sort $(wildcard test/unit/*.c))
UNITBIN := $(UNIT:test/unit/%.c=$(B)/unit/%)

TOOLBIN := $(patsubst test/tools/%.c,$(B)/tools/%,$(sort $(wildcard test/tools/*.c)))

# `go tool -n compile` names these links to the program.
TOOLS := $(shell sed -n 's/^TOOL.\([a-z]*\),.*/\1/p' src/cmd/commands.def)

all: bin/go

bin/go: $(B)/src/main.o $(B)/libingot.a
	@mkdir -p bin
	$(CC) $(CFLAGS) $(LDFLAGS) -pthread -o $@ $^ $(LIBS)
	@mkdir -p bin/tool
	@for t in $(TOOLS); do ln -sf ../go bin/tool/$$t; done

$(B)/libingot.a: $(OBJ)
	@rm -f $@
	@ar rcs $@ $^

$(B)/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(STD) $(WARN) $(CFLAGS) -MMD -MP -c -o $@ $<

$(B)/unit/%: test/unit/%.c $(B)/libingot.a
	@mkdir -p $(@D)
	$(CC) $(STD) $(WARN) $(CFLAGS) $(LDFLAGS) -o $@ $< $(B)/libingot.a $(LIBS) -lcmocka

$(B)/tools/%: test/tools/%.c $(B)/libingot.a
	@mkdir -p $(@D)
	$(CC) $(STD) $(WARN) $(CFLAGS) $(LDFLAGS) -o $@ $< $(B)/libingot.a $(LIBS)

$(B)/fuzz/%: test/fuzz/%.c $(B)/libingot.a
	@mkdir -p $(@D)
	$(CC) $(STD) $(WARN) $(CFLAGS) $(LDFLAGS) -DSTANDALONE -o $@ $< $(B)/libingot.a $(LIBS)

unit: $(UNITBIN)

testtools: $(TOOLBIN)

debug:
	$(MAKE) B=build/debug CFLAGS="-O1 -g -fsanitize=address,undefined -fno-omit-frame-pointer" LDFLAGS="-fsanitize=address,undefined" build/debug/go

# The program under ThreadSanitizer.
tsan:
	$(MAKE) B=build/tsan CC=clang CFLAGS="-O1 -g -fsanitize=thread" LDFLAGS="-fsanitize=thread" build/tsan/go

$(B)/go: $(B)/src/main.o $(B)/libingot.a
	$(CC) $(CFLAGS) $(LDFLAGS) -pthread -o $@ $^ $(LIBS)

# bin/go with the hooks of the script tests: TESTGO_VERSION makes it say that it is another release.
testgo: build/testgo/go
build/testgo/go: bin/go src/mod/toolchain.c
	@mkdir -p build/testgo/tool
	$(CC) $(STD) $(WARN) $(CFLAGS) $(LDFLAGS) -DTESTGO -o $@ $(B)/src/main.o src/mod/toolchain.c $(B)/libingot.a $(LIBS)
	@for t in $(TOOLS); do ln -sf ../go build/testgo/tool/$$t; done

# Everything from nothing: what is needed, the build, and an example that it compiles and runs.
run:
	@tools/setup
	@$(MAKE) -s bin/go
	@GOROOT=$$(tools/goroot) bin/go run examples/hello/hello.go

test:
	@test/run.sh

# The long judges, against official Go in PEER (see shared/oracles/peer-go).
conformance: bin/go
	@test/conformance/ratchet.sh testdir $(PEER)
	@test/conformance/ratchet.sh scripts $(PEER)
	@test/conformance/std.sh $(PEER)
	@test/conformance/bootstrap.sh $(PEER)

# The library and programs compiled by sanitized builds: long.
sanitized: debug tsan
	@test/conformance/sanitize.sh

# Speed beside official Go in PEER.
bench: bin/go
	@bench/run.py $(PEER)
	@bench/commands.py $(PEER)

clean:
	rm -rf build bin

-include $(OBJ:.o=.d) $(B)/src/main.d
.PHONY: all unit testtools debug tsan run test conformance sanitized bench clean

fuzz-asm: # a fuzzer of the assembler; run it with a directory of .s files
	@mkdir -p build/fuzz
	clang $(STD) $(WARN) -O1 -g -fsanitize=fuzzer,address,undefined -o build/fuzz/asm test/fuzz/asm_fuzz.c \
		$(wildcard src/base/*.c src/obj/*.c src/asm/*.c src/arch/*.c src/arch/*/*.c) $(LIBS)
.PHONY: fuzz-asm
