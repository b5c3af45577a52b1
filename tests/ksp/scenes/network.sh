# shellcheck shell=bash
# What is told of a server that cannot be reached or trusted, and what is tried again.

# A TLS server whose certificate is what matters: no request may ever reach it.
with_tls_server() { # CERTIFICATE KEY COMMAND...
  local port server attempt
  port="$(shuf -i 20000-32000 -n 1)"
  openssl s_server -accept "127.0.0.1:$port" -cert "$1" -key "$2" -www >/dev/null 2>&1 </dev/null &
  server=$!
  for attempt in {1..50}; do
    openssl s_client -connect "127.0.0.1:$port" </dev/null >/dev/null 2>&1 && break
    sleep 0.1
  done
  configuration elsewhere ".serverUrl = \"https://localhost:$port\""
  "${@:3}"
  kill "$server"
  wait "$server" 2>/dev/null
}

is_distrusted() { # TITLE
  harness "$1" elsewhere dll status key $sec_e_cert_unknown rsa
  check "$1: what to look at is told" stderr_has 'is its certificate trusted by this machine, and for that host name'
  check "$1: test says so too" register_says 'is its certificate trusted by this machine, and for that host name' elsewhere test
}

tells_of_network() {
  openssl req -x509 -nodes -newkey ec -pkeyopt ec_paramgen_curve:P-256 -keyout "$scratch/stranger.key" -subj /CN=localhost \
    -addext subjectAltName=DNS:localhost -days 30 -out "$scratch/stranger.pem" 2>/dev/null
  with_tls_server "$scratch/stranger.pem" "$scratch/stranger.key" \
    is_distrusted 'a CA that is not trusted'
  openssl req -nodes -newkey ec -pkeyopt ec_paramgen_curve:P-256 -keyout "$scratch/other.key" -subj /CN=elsewhere.example \
    -out "$scratch/other.csr" 2>/dev/null
  openssl x509 -req -in "$scratch/other.csr" -CA "$FIXTURE/tls-ca.pem" -CAkey "$GATEWAY_STATE/ca.key" -CAcreateserial \
    -days 30 -out "$scratch/other.pem" -extfile <(printf 'subjectAltName=DNS:elsewhere.example\n') 2>/dev/null
  with_tls_server "$scratch/other.pem" "$scratch/other.key" \
    is_distrusted 'a certificate for another host'
  harness 'nobody listens' nobody dll status key $nte_device_not_ready rsa
}

start_proxy() {
  local attempt
  proxied="$scratch/proxy"
  mkdir "$proxied"
  : >"$proxied/script"
  python3 "$here/proxy.py" "$(cat "$GATEWAY_STATE/url")" "$FIXTURE/tls-ca.pem" "$GATEWAY_STATE/tls.pem" "$GATEWAY_STATE/tls.key" \
    "$proxied" 2>"$scratch/proxy.log" &
  proxy=$!
  for attempt in {1..100}; do
    [ -s "$proxied/port" ] && break
    sleep 0.1
  done
  configuration proxied ".serverUrl = \"https://localhost:$(cat "$proxied/port")\""
}

proxied() { # TITLE WORDS CODE: one signature, whose requests are answered as the words say
  tr ' ' '\n' <<<"$2" >"$proxied/script"
  : >"$proxied/log"
  harness "$1" proxied dll status sign "$3" p256
}

requests_were() { # WORDS: what became of each signature's request, in their order
  [ "$(awk '$2 ~ /\/sign[?]/ { print $3 }' "$proxied/log" | paste -sd' ')" = "$1" ] || { cat "$proxied/log"; return 1; }
}

each_had_one() { # COLUMN: the same in all requests for a signature, and not empty
  [ "$(awk -v column="$1" '$2 ~ /\/sign[?]/ { print $column }' "$proxied/log" | sort -u | grep -vcx -e -)" -eq 1 ] || { cat "$proxied/log"; return 1; }
}

logins_were() { # NUMBER
  [ "$(grep -c ' /api/v1/auth/' "$proxied/log")" -eq "$1" ] || { cat "$proxied/log"; return 1; }
}

tries_again() {
  local proxied proxy
  start_proxy
  proxied 'a token that the server knows no longer' '401 pass' 0
  check 'it logs in once more, and asks again' requests_were '401 pass'
  check 'with another token' test "$(awk '$2 ~ /\/sign[?]/ { print $6 }' "$proxied/log" | sort -u | wc -l)" -eq 2
  check 'which is the second' logins_were 2
  proxied 'a server that refuses every token' '401 401' $nte_perm
  check 'it logs in once more and no third time' requests_were '401 401'
  proxied 'a server under load' '429 503 502 504 408 pass' 0
  check 'it asks until it is answered' requests_were '429 503 502 504 408 pass'
  check 'with one idempotency key' each_had_one 4
  proxied 'an answer that is lost' 'cut pass' 0
  check 'it asks again with the same idempotency key' each_had_one 4
  check 'and is given the signature that was made already' each_had_one 5
  proxied 'an error of the server' '500' $nte_internal_error
  check 'it is not asked again' requests_were 500
  proxied 'an answer that is no JSON' 'garbage' $nte_internal_error
  proxied 'a signature that is too short' 'short' $nte_internal_error
  proxied 'an answer that is too long' 'endless' $nte_internal_error
  check 'what to look at is told' stderr_has 'answered with more than 1 MiB'
  proxied 'a redirection' 'redirect' $nte_internal_error
  check 'it is not followed' lacks_elsewhere
  configuration proxied ".serverUrl = \"https://localhost:$(cat "$proxied/port")\" | .timeoutSeconds = 1"
  proxied 'a server that stays under load' "$(printf '503 %.0s' {1..50})" $nte_device_not_ready
  kill "$proxy"
  wait "$proxy" 2>/dev/null
}

lacks_elsewhere() {
  ! grep elsewhere "$proxied/log"
}

# The key is open when the server goes: the signature is tried again, with the same Idempotency-Key, until it is back.
survives_a_restart() {
  configuration patient '. + {timeoutSeconds: 300}'
  mkdir "$scratch/restart"
  restart_when_ready &
  local starter=$!
  harness 'a server that comes back' patient dll restart p256 "$(windows_path "$scratch/restart")"
  wait "$starter"
}

restart_when_ready() {
  local attempt
  for attempt in {1..600}; do
    [ -e "$scratch/restart/ready" ] && break
    sleep 0.1
  done
  kill -KILL "$(cat "$GATEWAY_STATE/pid")"
  touch "$scratch/restart/down"
  start_gateway_again
}
