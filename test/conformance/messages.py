#!/usr/bin/env python3
"""Compares the compiler's messages, whole, with official Go's: over the files of GOROOT/test that expect errors, over
internal/types/testdata, and over mutations of programs (tokens deleted, exchanged, replaced; lines moved).

usage: messages.py GO GOROOT PEER_GO SCRATCH SECONDS [SEED]
Prints PASS or FAIL for each file and for each thousand mutations; mutants whose messages differ stay in SCRATCH.
"""
import concurrent.futures, difflib, os, random, re, subprocess, sys, threading, time

go, goroot, peer, scratch, seconds = sys.argv[1:6]
seed = int(sys.argv[6]) if len(sys.argv) > 6 else 1
peer_root = subprocess.check_output([peer, 'env', 'GOROOT'], text=True,
                                    env={k: v for k, v in os.environ.items() if k != 'GOROOT'}).strip()
TESTS, LIBRARY = goroot + '/test', goroot + '/src'
TYPES = LIBRARY + '/internal/types/testdata'
TOLERATED = 2  # mutants of a thousand: gc reports unused labels in the order of a map, and loses a line after '..' at its end

environment = {'HOME': scratch, 'PATH': '/usr/bin:/bin', 'CGO_ENABLED': '0', 'GOTOOLCHAIN': 'local', 'GOFLAGS': ''}
ours = dict(environment, GOROOT=goroot, GOCACHE=scratch + '/cache')
theirs = dict(environment, GOROOT=peer_root, GOCACHE=scratch + '/cache.peer')


def importcfg(command, env, name):
    lines = subprocess.check_output([command, 'list', '-export', '-f', '{{if .Export}}packagefile {{.ImportPath}}={{.Export}}{{end}}',
                                     'std'], env=env, text=True)
    with open(f'{scratch}/{name}', 'w') as f:
        f.write(lines)
    return f.name


def compile_with(command, env, cfg, directory, flags, file):
    out = f'{scratch}/{threading.get_ident()}.o'
    try:
        r = subprocess.run([command, 'tool', 'compile', *flags, '-p', 'p', '-importcfg', cfg, '-o', out, file], cwd=directory, env=env,
                           stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60)
    except subprocess.TimeoutExpired:
        return None, ''
    # Errors of gc's back end name files absolutely; the go command shortens both.
    return r.returncode, r.stdout.decode('utf8', 'replace').replace(directory + '/', '')


def both(directory, flags, file):
    return (compile_with(go, ours, CFG, directory, flags, file), compile_with(peer, theirs, PEER_CFG, directory, flags, file))


def difference(a, b):
    lines = difflib.unified_diff(b[1].splitlines(), a[1].splitlines(), 'official', 'ours', n=0, lineterm='')
    return f'exit {a[0]} {b[0]} ' + ' | '.join(list(lines)[2:7])


def file_case(case):
    directory, file = case
    with open(f'{directory}/{file}', errors='replace') as f:
        lang = re.search(r'^// .*(-lang=\S+)', f.readline())
    return file, both(directory, ['-e'] + ([lang.group(1)] if lang else []), file)


TOKEN = re.compile(r'//[^\n]*|/\*.*?\*/|`[^`]*`|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'|[A-Za-z_]\w*|\d[\w.]*|<<=|>>=|&\^=|\.\.\.|&&|\|\|'
                   r'|<-|\+\+|--|[-+*/%&|^=!<>:]=|<<|>>|&\^|\n|\s+|.', re.S)
NAME = re.compile(r'[A-Za-z_]\w*$')
KEYWORDS = ('break case chan const continue default defer else fallthrough for func go goto if import interface map package range return '
            'select struct switch type var').split()
OPERATORS = '+ - * / % & | << == != < > && || := = . , ; ( ) { } [ ] <- ! ... : & ~'.split()
TYPES_AND_VALUES = ['int', 'string', '[]int', 'map[string]int', 'float64', 'bool', 'error', 'any', 'func()', '*int', 'chan int', 'uint8',
                    'struct{}', 'interface{ M() }', '[3]int', 'nil', 'comparable', 'T', 'x']
LITERALS = ['0', '1', '-1', '"s"', "'c'", '1.5', '1e100', '1<<70', 'nil', '2i', 'true', 'x']


def mutate(text, rnd):
    tokens = TOKEN.findall(text)
    solid = [i for i, t in enumerate(tokens) if t.strip() and not t.startswith(('//', '/*'))]
    names = [i for i in solid if NAME.match(tokens[i]) and tokens[i] not in KEYWORDS]
    if not solid or not names:
        return text
    words = [tokens[i] for i in names] + TYPES_AND_VALUES
    of = {'literal': [i for i in solid if re.match(r'\d|["`\']', tokens[i])], 'operator': [i for i in solid if tokens[i] in OPERATORS]}
    for _ in range(rnd.choice([1, 1, 1, 2, 3])):
        kind, at = rnd.randrange(14), rnd.choice(solid)
        if kind == 0:
            tokens[at] = ''
        elif kind == 1:
            tokens[at] += ' ' + tokens[rnd.choice(solid)]
        elif kind == 2:
            tokens[at] = rnd.choice(OPERATORS)
        elif kind == 3:
            tokens[at] = rnd.choice(KEYWORDS)
        elif kind < 8:
            tokens[rnd.choice(names)] = rnd.choice(words)
        elif kind == 8 and of['literal']:
            tokens[rnd.choice(of['literal'])] = rnd.choice(LITERALS)
        elif kind == 9:
            other = rnd.choice(solid)
            tokens[at], tokens[other] = tokens[other], tokens[at]
        elif kind == 10 and of['operator']:
            tokens[rnd.choice(of['operator'])] = rnd.choice(OPERATORS)
        elif kind > 10:
            lines = ''.join(tokens).split('\n')
            a, b = rnd.randrange(len(lines)), rnd.randrange(len(lines))
            if kind == 11:
                del lines[a]
            elif kind == 12:
                lines.insert(a, lines[a])
            else:
                lines[a], lines[b] = lines[b], lines[a]
            return '\n'.join(lines)
    return ''.join(tokens)


def mutant_case(number):
    rnd = random.Random(seed * 1000003 + number)
    with open(rnd.choice(SOURCES), errors='replace') as f:
        text = mutate(f.read(), rnd)
    directory = f'{scratch}/mutant{number}'
    os.makedirs(directory)
    with open(directory + '/x.go', 'w') as f:
        f.write(text)
    results = both(directory, ['-e'] if rnd.random() < .3 else [], 'x.go')
    if results[0] == results[1]:
        os.remove(directory + '/x.go')
        os.rmdir(directory)
    return directory, results


def programs():
    with open(os.path.splitext(__file__)[0] + '.known') as f:
        known = {line.split('#')[0].strip() for line in f}
    marker = re.compile(r'// (run|errorcheck|compile|build)$')
    for directory, _, files in sorted(os.walk(TESTS)):
        for f in sorted(files):
            path = os.path.join(directory, f)
            if f.endswith('.go') and os.path.getsize(path) < 20000 and os.path.relpath(path, TESTS) not in known:
                with open(path, errors='replace') as text:
                    if marker.match(text.readline()):
                        yield path
    for package in ('strings bytes sort strconv container/list text/tabwriter bufio errors slices maps iter unicode/utf8 html path '
                    'encoding/csv regexp/syntax text/scanner go/scanner').split():
        for f in sorted(os.listdir(f'{LIBRARY}/{package}')):
            if f.endswith('.go') and not f.endswith('_test.go') and os.path.getsize(f'{LIBRARY}/{package}/{f}') < 40000:
                yield f'{LIBRARY}/{package}/{f}'


def error_files():
    for directory in sorted(os.listdir(TYPES)):
        for f in sorted(os.listdir(f'{TYPES}/{directory}')):
            if f.endswith('.go'):
                yield TYPES, f'{directory}/{f}'
    for directory, _, files in sorted(os.walk(TESTS)):
        for f in sorted(files):
            if f.endswith('.go') and not directory.endswith('.dir'):
                with open(os.path.join(directory, f), errors='replace') as text:
                    if re.match(r'// errorcheck(\s|$)', text.readline()):
                        yield TESTS, os.path.relpath(os.path.join(directory, f), TESTS)


os.makedirs(scratch, exist_ok=True)
CFG, PEER_CFG = importcfg(go, ours, 'importcfg'), importcfg(peer, theirs, 'importcfg.peer')
with concurrent.futures.ThreadPoolExecutor(int(os.environ.get('JOBS', '2'))) as pool:
    for name, (a, b) in pool.map(file_case, error_files()):
        print(f'PASS {name}' if a == b else f'FAIL {name} {difference(a, b)}', flush=True)
    SOURCES = list(programs())
    end, number = time.time() + float(seconds), 0
    while time.time() < end:
        different = [(d, r) for d, r in pool.map(mutant_case, range(number, number + 1000)) if r[0] != r[1]]
        number += 1000
        verdict = 'PASS' if len(different) <= TOLERATED else 'FAIL'
        print(f'{verdict} mutants-{number} {len(different)} of 1000 differ ' + '; '.join(f'{d}: {difference(*r)}' for d, r in different[:5]),
              flush=True)
