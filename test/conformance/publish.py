#!/usr/bin/env python3
"""publish.py ROOT MODULE VERSION GOMOD [NAME CONTENT]...: adds a module version to a directory in the layout of the GOPROXY protocol."""
import os
import sys
import zipfile

root, mod, version, gomod = sys.argv[1:5]
d = os.path.join(root, mod, '@v')
os.makedirs(d, exist_ok=True)
open(os.path.join(d, 'list'), 'a').write(version + '\n')
open(os.path.join(d, version + '.info'), 'w').write('{"Version":"%s","Time":"2020-01-02T03:04:05Z"}' % version)
open(os.path.join(d, version + '.mod'), 'w').write(gomod)
with zipfile.ZipFile(os.path.join(d, version + '.zip'), 'w', zipfile.ZIP_DEFLATED) as z:
    z.writestr('%s@%s/go.mod' % (mod, version), gomod)
    for i in range(5, len(sys.argv), 2):
        z.writestr('%s@%s/%s' % (mod, version, sys.argv[i]), sys.argv[i + 1])
