#!/usr/bin/env bash
# Checks every bundle of a file:// store by hand, with openssl, sha256sum, zstd, jq and base64 alone:
#     by_hand.sh STORE_FOLDER PUBLIC_KEY.pem [PUBLIC_KEY.pem ...]      every signature is by one of the keys
# With TSA_CA=CA.pem in the environment it also checks each time stamp that is there.
# It shows that the evidence stands without our program. `evidenced verify` checks more (the balance, the counts, schemas).
set -euo pipefail
store=$1
shift
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fail() { echo "by hand: $*" >&2; exit 4; }

declare -A keys
for key in "$@"; do
    keys[$(openssl pkey -pubin -in "$key" -outform DER | sha256sum | cut -d' ' -f1)]=$key
done

# signed_by KEYID: whether work/signature is that key's over work/signed. Ed25519 signs the bytes, P-256 their SHA-256.
signed_by() {
    if openssl pkey -pubin -in "${keys[$1]}" -noout -text | grep -qi ed25519; then
        openssl pkeyutl -verify -pubin -inkey "${keys[$1]}" -rawin -in "$work/signed" -sigfile "$work/signature"
    else
        openssl dgst -sha256 -verify "${keys[$1]}" -signature "$work/signature" "$work/signed"
    fi >/dev/null
}

leaf() { { printf '\0'; cat "$1"; } | sha256sum | cut -d' ' -f1; }
node() { { printf '\1'; printf %s "$1$2" | tr a-f A-F | basenc -d --base16; } | sha256sum | cut -d' ' -f1; }
root() {
    local n=$# half=1
    if [ "$n" -eq 0 ]; then sha256sum </dev/null | cut -d' ' -f1
    elif [ "$n" -eq 1 ]; then leaf "$1"
    else
        while [ $((half * 2)) -lt "$n" ]; do half=$((half * 2)); done
        node "$(root "${@:1:half}")" "$(root "${@:half+1}")"
    fi
}

previous_stream='' previous_sha256=null previous=0
while IFS= read -r ledger; do
    envelope=$store/$ledger
    # 1. The signature is over "DSSEv1 <length> <type> <length> <payload>".
    jq -r .payload "$envelope" | base64 -d >"$work/payload"
    type=$(jq -r .payloadType "$envelope")
    { printf 'DSSEv1 %d %s %d ' "${#type}" "$type" "$(stat -c %s "$work/payload")"; cat "$work/payload"; } >"$work/signed"
    signers=
    while IFS=$'\t' read -r keyid signature; do
        [ -n "${keys[$keyid]:-}" ] || fail "$ledger: signed by another key, $keyid"
        base64 -d <<<"$signature" >"$work/signature"
        signed_by "$keyid" || fail "$ledger: the signature of $keyid does not verify"
        signers="$signers $keyid"
    done < <(jq -r '.signatures[] | [.keyid, .sig] | @tsv' "$envelope")
    [ -n "$signers" ] || fail "$ledger: not signed"
    # 2. The chain: the number is one more, and the statement before it is the one that it names.
    stream=$(dirname "$ledger")
    [ "$stream" = "$previous_stream" ] || { previous_stream=$stream previous_sha256=null previous=0; }
    sequence=$(jq .predicate.sequence "$work/payload")
    [ "$sequence" -eq $((previous + 1)) ] || fail "$ledger: number $sequence follows $previous"
    [ "$(printf '%010d.dsse.json' "$sequence")" = "$(basename "$ledger")" ] || fail "$ledger: it says that it is number $sequence"
    [ "$(jq -r '.predicate.previous.sha256' "$work/payload")" = "$previous_sha256" ] || fail "$ledger: the chain is broken"
    previous=$sequence
    previous_sha256=$(sha256sum "$envelope" | cut -d' ' -f1)
    # 3. The Merkle tree (RFC 6962) over the ledger files before it.
    before=()
    for ((n = 1; n < sequence; n++)); do before+=("$store/$stream/$(printf '%010d.dsse.json' "$n")"); done
    [ "$(jq -r .predicate.tree.root "$work/payload")" = "$(root "${before[@]}")" ] || fail "$ledger: the tree is another"
    # 4. Every file that it names.
    files=0
    while IFS=$'\t' read -r sha256 name; do
        echo "$sha256  $store/$name" | sha256sum --check --status || fail "$name: it is not the file that was signed"
        files=$((files + 1))
    done < <(jq -r '.subject[] | [.digest.sha256, .name] | @tsv' "$work/payload")
    # 5. The verdicts that the statement counts are those of the findings.
    findings=$(jq -r '.subject[].name | select(endswith("/findings.jsonl.zst"))' "$work/payload")
    counted=$(zstd -dcq "$store/$findings" | jq -s -c '[.[].verdict] | group_by(.) | map({(.[0]): length}) | add // {}')
    jq -e --argjson counted "$counted" '.predicate.counts | to_entries | all(.value == ($counted[.key] // 0))' \
        "$work/payload" >/dev/null || fail "$ledger: the counts are not those of the findings"
    # 6. The time stamp, where there is one, is over this file and by that authority.
    stamp="no time stamp"
    token=${envelope%.dsse.json}.tsr
    if [ -e "$token" ] && [ -n "${TSA_CA:-}" ]; then
        openssl ts -verify -data "$envelope" -in "$token" -CAfile "$TSA_CA" >/dev/null 2>&1 ||
            fail "$ledger: the time stamp does not hold"
        stamp=$(openssl ts -reply -in "$token" -text 2>/dev/null | sed -n 's/^Time stamp: /stamped /p')
    elif [ -e "$token" ]; then
        stamp="time stamp not checked (set TSA_CA)"
    fi
    echo "$ledger: signed by$signers, $stamp, $files files agree, $(jq -c .predicate.counts "$work/payload")"
done < <(cd "$store" && find ledger -name '*.dsse.json' | sort)
[ -n "$previous_stream" ] || fail "$store: no statement"
