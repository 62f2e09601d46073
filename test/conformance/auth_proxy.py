#!/usr/bin/env python3
"""auth_proxy.py ROOT CERTIFICATE KEY: a module proxy over TLS on loopback; prints its port.

/open     ROOT, for all      /auth     ROOT, for ann with the password secret, or whoever sends X-Key: k1
/plain    redirects to http
"""
import base64
import http.server
import os
import ssl
import sys

import serve

root = sys.argv[1]
PASSWORD = 'Basic ' + base64.b64encode(b'ann:secret').decode()


class Handler(serve.Handler):
    def do_GET(self):
        mode, _, path = self.path.lstrip('/').partition('/')
        if mode == 'auth' and self.headers.get('Authorization') != PASSWORD and self.headers.get('X-Key') != 'k1':
            self.send_response(401)
            self.send_header('Content-Type', 'text/plain')
            self.end_headers()
            return self.wfile.write(b'not for you\n')
        if mode == 'plain':
            self.send_response(302)
            self.send_header('Location', 'http://127.0.0.1:1/x')
            return self.end_headers()
        data = self.begin(os.path.join(root, path))
        if data is None:
            return
        self.wfile.write(data)


server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Handler)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(sys.argv[2], sys.argv[3])
server.socket = context.wrap_socket(server.socket, server_side=True)
print(server.server_address[1], flush=True)
server.serve_forever()
