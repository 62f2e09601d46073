// testflags.c: the command line of `go test`: flags of its own, of the build and of the test binary stand before and
// behind the packages; the binary's are passed on as -test.NAME=VALUE. Facts: cmd/go/internal/test/testflag.go,
// cmd/go/internal/cmdflag.
#include "cmd/help.h"
#include "cmd/test.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

typedef enum TestFlagKind { TF_BOOL, TF_STRING, TF_INT, TF_DURATION, TF_VERBOSE, TF_SHUFFLE, TF_DIR, TF_COVERMODE, TF_VET } TestFlagKind;

static const struct { const char *name; u8 kind; bool pass; u8 cache; } table[] = {
#define TEST_FLAG(name, kind, pass, cache) {#name, kind, pass, cache},
#include "cmd/testflags.def"
#undef TEST_FLAG
};

static const char *const analyzers[] = {"appends", "asmdecl", "assign", "atomic", "bool", "bools", "buildtag", "buildtags",
	"cgocall", "composites", "copylocks", "defers", "directive", "errorsas", "framepointer", "hostport", "httpresponse",
	"ifaceassert", "loopclosure", "lostcancel", "methods", "nilfunc", "printf", "rangeloops", "shift", "sigchanyzer", "slog",
	"stdmethods", "stdversion", "stringintconv", "structtag", "testinggoroutine", "tests", "timeformat", "unmarshal",
	"unreachable", "unsafeptr", "unusedresult", "waitgroup"};
// Those that are believed to be always right.
static const char *const default_vet[] = {"-atomic", "-bools", "-buildtag", "-directive", "-errorsas", "-ifaceassert", "-nilfunc",
	"-printf", "-slog", "-stdversion", "-stringintconv", "-tests"};

static int usage(void)
{
	fprintf(stderr, "usage: go %s\nRun 'go help test' and 'go help testflag' for details.\n", help_usage("test"));
	return 0;
}

// ---- durations ----------------------------------------------------------------------------------

static const struct { const char *name; double ns; } units[] = {{"ns", 1}, {"us", 1e3}, {"\xc2\xb5s", 1e3}, {"ms", 1e6}, {"s", 1e9},
	{"m", 6e10}, {"h", 3.6e12}};

// As time.ParseDuration reads it.
static bool parse_duration(Str s, i64 *ns)
{
	bool minus = s.n && s.p[0] == '-';
	if (s.n && (s.p[0] == '-' || s.p[0] == '+'))
		s = str_from(s, 1);
	double total = 0;
	if (!s.n)
		return false;
	for (u32 i = 0; i < s.n && !str_is(s, "0");) {
		if (!((s.p[i] >= '0' && s.p[i] <= '9') || s.p[i] == '.'))
			return false;
		char *end;
		double v = strtod(s.p + i, &end);
		u32 k = (u32)(end - s.p), best = LENGTH(units);
		if (k <= i || k >= s.n)
			return false;
		for (u32 u = 0; u < LENGTH(units); u++)
			if (str_has_prefix(str_from(s, k), units[u].name) && (best == LENGTH(units) || strlen(units[u].name) > strlen(units[best].name)))
				best = u;
		if (best == LENGTH(units))
			return false;
		total += v * units[best].ns;
		i = k + (u32)strlen(units[best].name);
	}
	if (total > 9.2e18)
		return false;
	*ns = (i64)(minus ? -total : total);
	return true;
}

static Str fraction(Arena *a, i64 value, i64 unit, const char *name)
{
	i64 rest = value % unit;
	if (!rest)
		return str_fmt(a, "%lld%s", (long long)(value / unit), name);
	int digits = 0;
	for (i64 u = unit; u > 1; u /= 10)
		digits++;
	Str s = str_fmt(a, "%lld.%0*lld", (long long)(value / unit), digits, (long long)rest);
	while (s.p[s.n - 1] == '0')
		s.n--;
	return str_fmt(a, STR_FMT "%s", STR_ARG(s), name);
}

Str duration_fmt(Arena *a, i64 ns)
{
	if (!ns)
		return S("0s");
	const char *sign = ns < 0 ? "-" : "";
	i64 v = ns < 0 ? -ns : ns;
	if (v < NS_PER_SECOND)
		return str_fmt(a, "%s%s", sign, v < 1000 ? fraction(a, v, 1, "ns").p : v < 1000000 ? fraction(a, v, 1000, "\xc2\xb5s").p
			: fraction(a, v, 1000000, "ms").p);
	i64 minutes = v / (60 * NS_PER_SECOND);
	Str s = fraction(a, v % (60 * NS_PER_SECOND), NS_PER_SECOND, "s");
	if (minutes >= 60)
		return str_fmt(a, "%s%lldh%lldm" STR_FMT, sign, (long long)(minutes / 60), (long long)(minutes % 60), STR_ARG(s));
	return minutes ? str_fmt(a, "%s%lldm" STR_FMT, sign, (long long)minutes, STR_ARG(s)) : str_fmt(a, "%s" STR_FMT, sign, STR_ARG(s));
}

// ---- values -------------------------------------------------------------------------------------

static bool one_of(Str s, const char *const *names, u32 n)
{
	for (u32 i = 0; i < n; i++)
		if (str_is(s, names[i]))
			return true;
	return false;
}

static void use_default_vet(TestCmd *t)
{
	t->vet_flags.n = 0;
	for (u32 i = 0; i < LENGTH(default_vet); i++)
		vec_push(t->c.arena, &t->vet_flags, str(default_vet[i]));
	t->vet_off = t->vet_explicit = false;
}

// -vet: "", "off", "all" or a list of analyzers. The reason if it is wrong.
static Str set_vet(TestCmd *t, Str v)
{
	Arena *a = t->c.arena;
	if (!v.n)
		return use_default_vet(t), S("");
	if (str_index(v, '=') >= 0)
		return S("-vet argument cannot contain equal signs");
	if (str_index(v, ' ') >= 0)
		return S("-vet argument is comma-separated list, cannot contain spaces");
	t->vet_flags.n = 0;
	t->vet_explicit = true;
	t->vet_off = false;
	Str single = S("");
	for (Str rest = v;;) {
		int comma = str_index(rest, ',');
		Str one = comma < 0 ? rest : str_sub(rest, 0, (u32)comma);
		if (!one.n)
			return S("-vet argument contains empty list element");
		if (str_is(one, "all") || str_is(one, "off")) {
			single = one;
			t->vet_off = str_is(one, "off");
		} else if (!one_of(one, analyzers, LENGTH(analyzers))) {
			return str_fmt(a, "-vet argument must be a supported analyzer or a distinguished value; found " STR_FMT, STR_ARG(one));
		} else {
			vec_push(a, &t->vet_flags, str_cat(a, S("-"), one));
		}
		if (comma < 0)
			break;
		rest = str_from(rest, (u32)comma + 1);
	}
	if (t->vet_flags.n > 1 && single.n)
		return str_fmt(a, "-vet does not accept \"" STR_FMT "\" in a list with other analyzers", STR_ARG(single));
	return S("");
}

// The value as Go prints it, into *out; the reason if it is wrong.
static Str canonical(TestCmd *t, u32 k, Str v, Str *out)
{
	Arena *a = t->c.arena;
	static const char *const yes[] = {"1", "t", "T", "true", "TRUE", "True"}, *const no[] = {"0", "f", "F", "false", "FALSE", "False"},
		*const modes[] = {"set", "count", "atomic"};
	char *end;
	errno = 0;
	*out = v;
	switch (table[k].kind) {
	case TF_VERBOSE:
		if (str_is(v, "test2json"))
			return S("");
		// fallthrough
	case TF_BOOL:
		*out = one_of(v, yes, LENGTH(yes)) ? S("true") : S("false");
		if (one_of(v, yes, LENGTH(yes)) || one_of(v, no, LENGTH(no)))
			return S("");
		return table[k].kind == TF_VERBOSE ? str_fmt(a, "invalid flag -test.v=" STR_FMT, STR_ARG(v)) : S("parse error");
	case TF_INT: {
		long long n = strtoll(str_c(a, v), &end, 0);
		*out = str_fmt(a, "%lld", n);
		return errno == ERANGE ? S("value out of range") : v.n && !*end ? S("") : S("parse error");
	}
	case TF_DURATION: {
		i64 ns;
		if (!parse_duration(v, &ns))
			return S("parse error");
		t->timeout_ns = ns;
		*out = duration_fmt(a, ns);
		return S("");
	}
	case TF_SHUFFLE: {
		long long n = strtoll(str_c(a, v), &end, 10);
		if (str_is(v, "on") || str_is(v, "off"))
			return S("");
		*out = str_fmt(a, "%lld", n);
		return v.n && !*end && !errno ? S("") : str_fmt(a, "-shuffle argument must be \"on\", \"off\", or an int64: strconv.ParseInt: parsing %s: "
			"%s", go_quote(a, v).p, errno ? "value out of range" : "invalid syntax");
	}
	case TF_DIR:
		if (v.n && v.p[0] != '/') {
			char *cwd = getcwd(NULL, 0);
			*out = path_clean(a, path_join(a, str(cwd ? cwd : "."), v));
			free(cwd);
		}
		return S("");
	case TF_COVERMODE:
		return one_of(v, modes, LENGTH(modes)) ? S("") : S("valid modes are \"set\", \"count\", or \"atomic\"");
	case TF_VET:
		return set_vet(t, v);
	default:
		return S("");
	}
}

static bool set_value(TestCmd *t, u32 k, Str name, Str v, bool given)
{
	Str out, why = canonical(t, k, v, &out);
	if (why.n) {
		bool boolean = table[k].kind == TF_BOOL || table[k].kind == TF_VERBOSE;
		Str shown = go_quote(t->c.arena, v);
		if (boolean && !given)
			fprintf(stderr, "invalid boolean flag " STR_FMT ": " STR_FMT "\n", STR_ARG(name), STR_ARG(why));
		else
			fprintf(stderr, "invalid %s" STR_FMT " for %s-" STR_FMT ": " STR_FMT "\n", boolean ? "boolean value " : "value ", STR_ARG(shown),
				boolean ? "" : "flag ", STR_ARG(name), STR_ARG(why));
		usage();
		return false;
	}
	t->value[k] = out;
	t->set[k] = true;
	return true;
}

// The flag that a name, without dashes, with or without "test.", stands for; TEST_FLAGS if none.
static u32 find(Str name)
{
	bool prefixed = str_has_prefix(name, "test.");
	Str s = prefixed ? str_from(name, 5) : name;
	for (u32 k = 0; k < TEST_FLAGS; k++)
		if (str_is(s, table[k].name) && (table[k].pass || !prefixed))
			return k;
	return TEST_FLAGS;
}

static bool is_bool(u32 k)
{
	return table[k].kind == TF_BOOL || table[k].kind == TF_VERBOSE;
}

TestFlagCache testflags_cache(Str arg)
{
	int eq = str_index(arg, '=');
	if (eq < 0 || !str_has_prefix(arg, "-test."))
		return TF_UNCACHED;
	u32 k = find(str_sub(arg, 1, (u32)eq));
	return k < TEST_FLAGS && table[k].pass ? table[k].cache : TF_UNCACHED;
}

const char *testflags_profile(const TestCmd *t)
{
	static const struct { TestFlag f; const char *name; } profiles[] = {{TEST_blockprofile, "-blockprofile"}, {TEST_cpuprofile, "-cpuprofile"},
		{TEST_memprofile, "-memprofile"}, {TEST_mutexprofile, "-mutexprofile"}, {TEST_trace, "-trace"}};
	for (u32 i = 0; i < LENGTH(profiles); i++)
		if (t->value[profiles[i].f].n)
			return profiles[i].name;
	return NULL;
}

// ---- the command line ---------------------------------------------------------------------------

static const Flag *find_build(const Flag *build, Str name)
{
	for (; build->name; build++)
		if (str_is(name, build->name) && !str_is(name, "v") && !str_is(name, "json"))
			return build;
	return NULL;
}

// Flags of ours in $GOFLAGS. implied[k]: it is passed on unless the command line has it.
static bool take_goflags(TestCmd *t, bool *implied)
{
	Str v = env_get(env_new(t->c.arena), "GOFLAGS");
	while ((v = str_trim(v)).n) {
		u32 n = 0;
		while (n < v.n && v.p[n] != ' ' && v.p[n] != '\t' && v.p[n] != '\n')
			n++;
		Str word = str_sub(v, 0, n);
		v = str_from(v, n);
		if (word.n < 2 || word.p[0] != '-')
			continue; // the build flags complain
		Str name = str_from(word, word.p[1] == '-' ? 2 : 1);
		int eq = str_index(name, '=');
		Str value = eq < 0 ? S("true") : str_from(name, (u32)eq + 1);
		name = eq < 0 ? name : str_sub(name, 0, (u32)eq);
		u32 k = find(name);
		if (k == TEST_FLAGS)
			continue;
		if (!set_value(t, k, name, value, eq >= 0))
			return false;
		implied[k] = table[k].pass;
	}
	return true;
}

static void pass_on(TestCmd *t, StrVec *to, u32 k)
{
	vec_push(t->c.arena, to, str_fmt(t->c.arena, "-test.%s=" STR_FMT, table[k].name, STR_ARG(t->value[k])));
}

// What the flags mean together, and what the binary is told without being asked to.
static void settle(TestCmd *t, const bool *implied, const StrVec *given)
{
	Arena *a = t->c.arena;
	StrVec all = {0};
	if (test_flag_on(t, TEST_json)) {
		vec_push(a, &all, S("-test.v=test2json"));
		const char *debug = getenv("GODEBUG"); // gotestjsonbuildtext=1: what the build says stays text
		t->c.json = !debug || !strstr(debug, "gotestjsonbuildtext=1");
	}
	for (u32 k = 0; k < TEST_FLAGS; k++)
		if (implied[k] && !(k == TEST_v && test_flag_on(t, TEST_json)))
			pass_on(t, &all, k);
	if (t->timeout_ns > 0 && !t->set[TEST_timeout])
		vec_push(a, &all, str_fmt(a, "-test.timeout=" STR_FMT, STR_ARG(duration_fmt(a, t->timeout_ns))));
	if ((testflags_profile(t) || test_flag_on(t, TEST_artifacts)) && !t->set[TEST_outputdir]) {
		canonical(t, TEST_outputdir, S("."), &t->value[TEST_outputdir]);
		pass_on(t, &all, TEST_outputdir);
	}
	for (u32 i = 0; i < given->n && !str_is(given->p[i], "--"); i++)
		t->help = t->help || str_is(given->p[i], "-h") || str_is(given->p[i], "-help") || str_is(given->p[i], "--help");
	for (u32 i = 0; i < given->n; i++)
		vec_push(a, &all, given->p[i]);
	t->args = all;
	t->cover = test_flag_on(t, TEST_cover) || t->value[TEST_covermode].n || t->set[TEST_coverpkg] || t->value[TEST_coverprofile].n;
	if (!t->value[TEST_covermode].n)
		t->value[TEST_covermode] = S("set");
	// The binary ends itself when its time is over; the rest is for those that are stuck.
	if (t->timeout_ns > 0 && !t->value[TEST_fuzz].n && !t->value[TEST_bench].n) {
		t->wait_ns = MAX(t->timeout_ns / 10, 5 * NS_PER_SECOND);
		t->kill_ns = t->timeout_ns + MAX(t->wait_ns, 60 * NS_PER_SECOND);
	}
}

int testflags_parse(TestCmd *t, int argc, char **argv, const Flag *build)
{
	Arena *a = t->c.arena;
	char **flags = NEWN(a, char *, argc + 1);
	StrVec given = {0}; // for the binary
	bool implied[TEST_FLAGS] = {0}, in_packages = false, after_valueless = false, packages_done = false;
	int nf = 1;
	Str unknown = S("");
	t->timeout_ns = 600 * NS_PER_SECOND;
	use_default_vet(t);
	if (!take_goflags(t, implied))
		return 0;
	for (int i = 1; i < argc; i++) {
		Str raw = str(argv[i]), arg = raw;
		bool after = after_valueless;
		after_valueless = false;
		if (str_has_prefix(arg, "--") && arg.n > 2)
			arg = str_from(arg, 1);
		if (str_is(arg, "-?") || str_is(arg, "-h") || str_is(arg, "-help"))
			return usage();
		if (str_is(raw, "--")) { // it, too, is the binary's
			for (; i < argc; i++)
				vec_push(a, &given, str(argv[i]));
			break;
		}
		if (arg.n < 2 || arg.p[0] != '-' || arg.p[1] == '-' || arg.p[1] == '=') { // not a flag
			if (!in_packages && packages_done) {
				if (after) { // perhaps the value of an unknown flag
					vec_push(a, &given, raw);
					continue;
				}
				for (; i < argc; i++)
					vec_push(a, &given, str(argv[i]));
				break;
			}
			in_packages = packages_done = true;
			vec_push(a, &t->packages, raw);
			continue;
		}
		in_packages = false;
		Str name = str_from(arg, 1), value = S("true");
		int eq = str_index(name, '=');
		if (eq >= 0) {
			value = str_from(name, (u32)eq + 1);
			name = str_sub(name, 0, (u32)eq);
		}
		u32 k = find(name);
		const Flag *b = k < TEST_FLAGS ? NULL : find_build(build, name);
		if (b) {
			flags[nf++] = argv[i];
			if (!flag_is_switch(b) && eq < 0 && i + 1 < argc)
				flags[nf++] = argv[++i];
		} else if (k < TEST_FLAGS) {
			if (eq < 0 && !is_bool(k)) {
				if (++i >= argc) {
					fprintf(stderr, "flag needs an argument: -" STR_FMT "\n", STR_ARG(name));
					return usage();
				}
				value = str(argv[i]);
			}
			if (!set_value(t, k, name, value, eq >= 0 || !is_bool(k)))
				return 0;
			if (table[k].pass)
				pass_on(t, &given, k);
			implied[k] = false;
		} else if (str_is(raw, "-args") || str_is(raw, "--args")) {
			for (i++; i < argc; i++)
				vec_push(a, &given, str(argv[i]));
			break;
		} else {
			packages_done = true;
			if (!unknown.n)
				unknown = raw;
			vec_push(a, &given, raw);
			after_valueless = eq < 0;
		}
	}
	if (unknown.n && test_flag_on(t, TEST_c)) {
		fprintf(stderr, "go: unknown flag " STR_FMT " cannot be used with -c\n", STR_ARG(unknown));
		return usage();
	}
	if (t->value[TEST_exec].n && !split_words(a, t->value[TEST_exec], &t->exec)) {
		fprintf(stderr, "invalid value %s for flag -exec: unterminated quote\n", go_quote(a, t->value[TEST_exec]).p);
		return usage();
	}
	settle(t, implied, &given);
	for (int i = 1; i < nf; i++)
		argv[i] = flags[i];
	argv[nf] = NULL;
	return nf;
}
