# shellcheck shell=bash
# Sourced by tests/guides/run: docs/proxy.md's proxies in front of a server. What is replaced: ports, and where certificates are.

make_tls_certificate() { # DIRECTORY
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -days 30 -subj /CN=signing.example.com \
    -addext subjectAltName=DNS:signing.example.com -keyout "$1/signing.key" -out "$1/certificate.pem" 2>/dev/null
  # HAProxy takes the key from the file of the certificate; nginx looks only for the certificate there.
  cat "$1/certificate.pem" "$1/signing.key" >"$1/signing.pem"
}

proxy_block() { # DIRECTORY PROXY PATTERN
  block_of "$root/docs/proxy.md" "$2" "$3" | sed -E "s,/etc/(haproxy|nginx)/,$1/,; s/(bind :|listen )443/\1$tls_port/; s/127\.0\.0\.1:8080/127.0.0.1:$port/"
}

start_haproxy() { # DIRECTORY
  proxy_block "$1" haproxy 'frontend signing' >"$1/haproxy.cfg"
  [ -s "$1/haproxy.cfg" ] && haproxy -c -q -f "$root/deploy/haproxy.cfg" -f "$1/haproxy.cfg" || return
  haproxy -db -f "$root/deploy/haproxy.cfg" -f "$1/haproxy.cfg" >"$1/proxy.log" 2>&1 &
  proxy=$!
}

# The page's block is one of a server, and nginx.conf is around it, as Debian's.
start_nginx() { # DIRECTORY
  local each
  {
    printf 'daemon off;\npid %s/nginx.pid;\nevents {}\nhttp {\n  access_log off;\n' "$1"
    for each in client_body proxy fastcgi uwsgi scgi; do
      printf '  %s_temp_path %s/nginx-%s;\n' "$each" "$1" "$each"
    done
    proxy_block "$1" nginx 'proxy_pass'
    echo '}'
  } >"$1/nginx.conf"
  grep -q proxy_pass "$1/nginx.conf" || return
  nginx -p "$1" -e "$1/proxy.log" -c "$1/nginx.conf" &
  proxy=$!
}

# The client has an address of its own and a name for the server, and believes its certificate.
write_curlrc() { # DIRECTORY
  printf '%s\n' "cacert = \"$1/certificate.pem\"" "connect-to = \"signing.example.com:443:127.0.0.1:$tls_port\"" 'interface = "127.0.0.2"' \
    'header = "X-Forwarded-For: 192.0.2.1"' 'header = "X-Forwarded-Proto: http"' >"$1/.curlrc"
}

answers() { # PATH: with its status
  curl --silent --output /dev/null --write-out '%{http_code}' "https://signing.example.com$1"
}

await_proxy() { # DIRECTORY
  for _ in {1..100}; do
    [ "$(answers /api/v1/me)" = 401 ] && return 0
    kill -0 "$proxy" 2>/dev/null || break
    sleep 0.1
  done
  cat "$1/proxy.log"
  return 1
}

follow_the_proxy() { # PROXY
  local directory port tls_port proxy='' status=0
  port="$(shuf -i 20000-26000 -n 1)" tls_port="$(shuf -i 26001-32000 -n 1)" directory="$(mktemp -d "$scratch/proxy.XXXXXX")"
  chmod 0711 "$scratch" "$directory" # nginx's workers are somebody else's.
  cp "$root/README.md" "$directory/" && make_tls_certificate "$directory" && write_curlrc "$directory"
  sign_through "$directory" "$1" || status=1
  end_server
  [ -z "$proxy" ] || { kill "$proxy"; wait "$proxy"; } 2>/dev/null || true
  return "$status"
}

sign_through() { # DIRECTORY PROXY
  export CURL_HOME="$1"
  block_of "$root/docs/proxy.md" '' CODESIGNING_TRUSTED_PROXIES | sed "s/:8080$/:$port/" >"$1/settings"
  (cd "$1" && set -a && . ./settings && exec dotnet "$root/gateway/bin/Release/net10.0/gateway.dll") >"$1/server.log" 2>&1 &
  server=$!
  await_server "$1" && "start_$2" "$1" && await_proxy "$1" || return
  take_tour "$1" https://signing.example.com || return
  grep 'Verified OK' "$1/transcript" && keeps_the_promises "$1"
}

# The client's address is the client's, whatever it says of itself; the server knows that it came by TLS; a large body is passed;
# and what is not for the world is not there.
keeps_the_promises() { # DIRECTORY
  local path
  (cd "$1" && . ./session && ask pki/signers/release/operations | jq -e '.items[0].address == "127.0.0.2"') || return
  curl --silent --output /dev/null --dump-header - https://signing.example.com/api/v1/me | grep -i '^strict-transport-security:' || return
  (cd "$1" && . ./session && signs_a_large_batch) || return
  for path in /metrics /healthz /readyz; do
    [ "$(answers "$path")" = 404 ] || { echo "$path is there"; return 1; }
  done
}

signs_a_large_batch() { # Of nearly as many bytes as the server takes.
  { printf '%2000000s' ''; head -c 32 /dev/zero | base64 -w 0 |
    jq -R '{items: [range(10) as $each | {data: ., signingAlgorithm: "RSASSA_PKCS1_V1_5_SHA256", isDigest: true}]}'; } >large.json
  curl --silent --show-error --fail-with-body "$url/pki/signers/release/sign/batch" -H "Authorization: Bearer $token" \
    -H 'Content-Type: application/json' --data-binary @large.json >large.answer || { cat large.answer; return 1; }
  jq -e '[.. | .signature? // empty] | length == 10' large.answer
}
