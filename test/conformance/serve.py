"""What the module proxies of the tests share."""
import http.server
import os


class Handler(http.server.BaseHTTPRequestHandler):
    def log_message(self, *args):
        pass

    def begin(self, file):
        """Answers 200 and returns the bytes of the file, which the caller sends; or answers 404 and returns None."""
        try:
            with open(file, 'rb') as f:
                data = f.read()
        except OSError:
            return self.send_error(404)
        self.send_response(200)
        self.send_header('Content-Length', str(len(data)))
        self.end_headers()
        return data
