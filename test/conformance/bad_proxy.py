#!/usr/bin/env python3
"""bad_proxy.py ROOT: a module proxy on loopback that serves ROOT well below /good and badly elsewhere; prints its port.

/410, /500          that status          /loop     redirects to itself
/short              less than it says    /slow     a zip in many small pieces
/wrong              of zips the ones of another version (the bytes are another archive's)
/stall              half a zip, then nothing until the client has gone
/late               everything after a tenth of a second
/peak               how many requests of /late there were at a time, at most
/one                /good, but 500 for the zip of example.com/d7
"""
import http.server
import os
import sys
import threading
import time

import serve

root = sys.argv[1]
lock = threading.Lock()
late = [0, 0] # requests now, and the most there were


class Handler(serve.Handler):
    def do_GET(self):
        mode, _, path = self.path.lstrip('/').partition('/')
        is_zip = path.endswith('.zip')
        if mode in ('410', '500'):
            return self.send_error(int(mode))
        if mode == 'peak':
            self.send_response(200)
            self.end_headers()
            return self.wfile.write(b'%d' % late[1])
        if mode == 'loop':
            self.send_response(302)
            self.send_header('Location', self.path)
            self.send_header('Content-Length', '0')
            self.end_headers()
            return
        if mode == 'late':
            with lock:
                late[0] += 1
                late[1] = max(late)
            time.sleep(0.1)
            with lock:
                late[0] -= 1
        if mode == 'one' and is_zip and '/d7/' in path:
            return self.send_error(500)
        if mode == 'wrong' and is_zip:
            path = path.replace('v1.0.0', 'v9.9.9')
        data = self.begin(os.path.join(root, path))
        if data is None:
            return
        if is_zip and mode in ('short', 'stall'):
            self.wfile.write(data[:len(data) // 2])
            self.wfile.flush()
            if mode == 'stall':
                self.connection.settimeout(30)
                try:
                    self.connection.recv(1)
                except OSError:
                    pass
            self.close_connection = True
            return
        if is_zip and mode == 'slow':
            step = max(1, len(data) // 20)
            for i in range(0, len(data), step):
                self.wfile.write(data[i:i + step])
                self.wfile.flush()
                time.sleep(0.03)
            return
        self.wfile.write(data)


server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Handler)
print(server.server_address[1], flush=True)
server.serve_forever()
