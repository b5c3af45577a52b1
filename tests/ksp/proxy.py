"""A server between the provider and the real gateway that misbehaves as it is told, over HTTPS on a port of its own.

    proxy.py GATEWAY-URL CA.pem CERTIFICATE.pem KEY.pem DIRECTORY

DIRECTORY/port is written once it listens. The first lines of DIRECTORY/script say what to do with the next POSTs to
.../sign, one word each, and are taken off it; without a line the request is passed on:
    pass          pass it on                        401, 429, 503, ...   answer so, without passing it on
    cut           pass it on, and hang up in place of the answer
    garbage       200 with something that is no JSON
    short         200 with a signature that is too short
    endless       200 with 2 MiB
    redirect      302 to another path of this server
DIRECTORY/log gets a line a request: METHOD PATH WORD IDEMPOTENCY-KEY OPERATION, and a number for the token, first come 1.
"""
import http.client
import http.server
import json
import ssl
import sys
import threading
import urllib.parse

gateway, ca, certificate, key, directory = sys.argv[1:]
upstream = urllib.parse.urlsplit(gateway)
trust = ssl.create_default_context(cafile=ca)
lock = threading.Lock()
tokens = []


def next_word():
    with lock, open(f"{directory}/script", "r+", encoding="ascii") as script:
        first, _, rest = script.read().partition("\n")
        script.seek(0)
        script.write(rest)
        script.truncate()
    return first or "pass"


def number_of(token):
    with lock:
        if token not in tokens:
            tokens.append(token)
        return tokens.index(token) + 1 if token else 0


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def note(self, word, operation="-"):
        line = [self.command, self.path, word, self.headers.get("Idempotency-Key", "-"), operation,
                str(number_of(self.headers.get("Authorization")))]
        with lock, open(f"{directory}/log", "a", encoding="utf-8") as log:
            log.write(" ".join(line) + "\n")

    def reply(self, status, body, headers=()):
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def ask_gateway(self, body):
        connection = http.client.HTTPSConnection(upstream.hostname, upstream.port, context=trust, timeout=60)
        headers = {name: value for name, value in self.headers.items() if name.lower() not in ("host", "connection")}
        connection.request(self.command, self.path, body, headers)
        answer = connection.getresponse()
        result = answer.status, answer.read(), answer.getheader("Content-Type", "application/json")
        connection.close()
        return result

    def pass_on(self, word, body):
        status, answer, kind = self.ask_gateway(body)
        operation = json.loads(answer).get("operationId", "-") if self.path.partition("?")[0].endswith("/sign") else "-"
        self.note(word, operation)
        if word == "cut":
            self.close_connection = True
            self.connection.shutdown(2)
            return
        self.reply(status, answer, [("Content-Type", kind)])

    def misbehave(self, word):
        self.note(word)
        if word == "garbage":
            self.reply(200, b"<html>Welcome to the router</html>")
        elif word == "short":
            self.reply(200, b'{"signature":"AAAA","operationId":"op"}')
        elif word == "endless":
            self.reply(200, b" " * (2 << 20))
        elif word == "redirect":
            self.reply(302, b"", [("Location", "/elsewhere")])
        else:
            codes = {401: "Unauthenticated", 429: "RateLimited", 503: "Unavailable"}
            problem = json.dumps({"status": int(word), "code": codes.get(int(word), "Internal")}).encode()
            self.reply(int(word), problem, [("Retry-After", "0")] if word == "429" else [])

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        word = next_word() if self.path.partition("?")[0].endswith("/sign") else "pass"
        if word in ("pass", "cut"):
            self.pass_on(word, body)
        else:
            self.misbehave(word)

    def do_GET(self):
        self.pass_on("pass", None)


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
own = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
own.load_cert_chain(certificate, key)
server.socket = own.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
with open(f"{directory}/port", "w", encoding="ascii") as port:
    port.write(str(server.server_port))
server.serve_forever()
