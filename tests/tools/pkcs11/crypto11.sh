#!/usr/bin/env bash
# Go's crypto11 from sixteen goroutines: the library and its dependencies are Debian's, so nothing is downloaded.
source "$(dirname "$0")/../library.sh"
export GOPATH=/usr/share/gocode GO111MODULE=off GOCACHE="$WORK/cache"

builds() {
  go build -o crypto11 "$(dirname "$0")/crypto11/main.go"
}

signs() {
  ./crypto11 >report
  cat report >&3
}

exec 3>&1
check 'it builds' builds
check 'sixteen goroutines for twenty seconds, every signature verified' signs
