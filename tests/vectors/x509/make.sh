#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Made the files of this folder with the openssl command, independently of Latchkey. A new run makes new keys, so all
# files change together; then ../rsa-dh.py has to run as well. Keys of authorities are not kept.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

from=20260101000000Z
to=20460101000000Z
authority="basicConstraints=critical,CA:TRUE
keyUsage=critical,keyCertSign,cRLSign"
user="basicConstraints=CA:FALSE
keyUsage=critical,digitalSignature,keyEncipherment"
alice="$user
subjectAltName=URI:sip:alice@example.org,email:alice@example.org,URI:tel:+15551234"

key() { openssl genrsa -out "$1.key" "$2" 2>/dev/null; }

# sign NAME KEY ISSUER CN FROM TO HASH EXTENSIONS: NAME.pem, issued by ISSUER (itself if that is NAME)
sign() {
    local name=$1 key=$2 issuer=$3 cn=$4 start=$5 end=$6 hash=$7 extensions=$8 self=()
    [[ $name != "$issuer" ]] || self=(-selfsign)
    touch "$issuer.db"
    cat >ca.conf <<CONF
[ca]
default_ca = authority
[authority]
database = $issuer.db
new_certs_dir = .
rand_serial = yes
unique_subject = no
policy = any
default_md = $hash
string_mask = utf8only
default_crl_days = 1
[any]
commonName = supplied
[req]
distinguished_name = name
[name]
[extensions]
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
$extensions
CONF
    openssl req -new -config ca.conf -key "$key.key" -subj "/CN=$cn" -utf8 -out request.pem
    openssl ca -batch -notext -config ca.conf -extensions extensions -keyfile "$issuer.key" -cert "$issuer.pem" \
        "${self[@]}" -startdate "$start" -enddate "$end" -in request.pem -out "$name.pem" 2>log || { cat log; exit 1; }
}

# A certificate of the user's key under the intermediate authority.
issued() { sign "$1" user intermediate "${3:-Alice}" "$from" "$to" sha256 "$2"; }

key root 2048
key intermediate 2048
key user 2048
key weak 1024
key large 4104
openssl ecparam -name prime256v1 -genkey -noout -out ec.key
for copy in nobasic usage deep old; do cp intermediate.key "$copy.key"; done

touch root.pem old.pem # openssl ca reads it also where it signs itself
openssl req -new -x509 -key root.key -subj "/CN=Placeholder" -out root.pem
sign root root root "Root" "$from" "$to" sha256 "$authority"
sign intermediate intermediate root "Intermediate" "$from" "$to" sha256 "${authority/TRUE/TRUE,pathlen:0}"
issued alice "$alice"
sign expired user intermediate Alice 20250101000000Z 20260102000000Z sha256 "$alice"
sign early user intermediate Alice 20270101000000Z "$to" sha256 "$alice"
sign sha1 user intermediate Alice "$from" "$to" sha1 "$alice"
sign weak weak intermediate Alice "$from" "$to" sha256 "$alice"
sign large large intermediate Alice "$from" "$to" sha256 "$alice"
sign ec ec intermediate Alice "$from" "$to" sha256 "$alice"
sign forever user intermediate Alice 19500101000000Z 99991231235959Z sha256 "$alice"
issued signing "${alice/,keyEncipherment/}"
issued encrypting "${alice/digitalSignature,/}"
issued free "subjectAltName=URI:sip:alice@example.org"
issued critical "$alice
1.2.3.4=critical,ASN1:UTF8String:what is this"
issued cnonly "$user" "sip:alice@example.org"
issued wildcard "$user
subjectAltName=URI:sip:*@example.org,URI:sip:*,DNS:*.example.org,DNS:example.org"
issued variants "$user
subjectAltName=URI:SIP:Bob@EXAMPLE.org;transport=tcp,URI:sips:carol@example.org,email:Dave@Example.ORG"
issued posing "$user
subjectAltName=email:sip:alice@example.org,URI:bob@example.org"
issued brackets "$user
subjectAltName=URI:sip:mallory@evil.example<sip:alice@example.org>,URI:sip:alice@example.org;@evil.example"
issued nul "$user
subjectAltName=DER:30:18:86:16:73:69:70:3a:61:6c:69:63:65:40:65:78:61:6d:70:6c:65:2e:6f:72:67:00"
issued utf8 "$user
subjectAltName=URI:sip:joerg@example.org" "Jörg"
issued revoked "$alice"
# Vouched for by their own key: what extended key usage allows.
for use in serverAuth codeSigning emailProtection 1.3.6.1.5.5.7.3.20 anyExtendedKeyUsage serverAuth,clientAuth; do
    name=for-${use//[.,]/-}
    cp user.key "$name.key" && touch "$name.pem"
    sign "$name" user "$name" Alice "$from" "$to" sha256 "$alice
extendedKeyUsage=$use"
done

# Authorities that may not be one, with the intermediate's key, and what they issued.
sign nobasic nobasic root "No constraints" "$from" "$to" sha256 "keyUsage=critical,keyCertSign,cRLSign"
sign usage usage root "No signing" "$from" "$to" sha256 "basicConstraints=critical,CA:TRUE
keyUsage=critical,digitalSignature"
sign deep deep intermediate "Too deep" "$from" "$to" sha256 "$authority"
sign old old root "Old" 20250101000000Z 20260301000000Z sha256 "$authority"
for under in nobasic usage deep old; do
    sign "under-$under" user "$under" Alice "$from" "$to" sha256 "$alice"
done

# crl FILE LAST NEXT: the intermediate's list
crl() {
    sed -i 's/^database = .*/database = intermediate.db/' ca.conf
    openssl ca -config ca.conf -gencrl -keyfile intermediate.key -cert intermediate.pem -crl_lastupdate "$2" \
        -crl_nextupdate "$3" -out "$1.crl.pem" 2>log || { cat log; exit 1; }
}
crl empty "$from" "$to"
sed -i 's/^database = .*/database = intermediate.db/' ca.conf
openssl ca -config ca.conf -keyfile intermediate.key -cert intermediate.pem -revoke revoked.pem 2>/dev/null
crl revoked "$from" "$to"
crl outdated "$from" 20260201000000Z
crl early 20270101000000Z "$to"

# PKCS#12 with the chain, in today's form and two of old.
cat root.pem intermediate.pem >above.pem
p12() { openssl pkcs12 -export -inkey user.key -in alice.pem -passout pass:latchkey -out "$1.p12" "${@:2}"; }
p12 modern -certfile above.pem
p12 tripledes -certfile above.pem -certpbe PBE-SHA1-3DES -keypbe PBE-SHA1-3DES -macalg sha1
p12 rc2 -legacy
openssl pkcs12 -export -inkey ec.key -in ec.pem -passout pass:latchkey -out ec.p12
openssl pkcs12 -export -nokeys -in alice.pem -passout pass:latchkey -out nokey.p12

openssl pkcs8 -topk8 -in user.key -passout pass:latchkey -out user-encrypted.key
rm request.pem above.pem 0* 1* 2* 3* 4* 5* 6* 7* 8* 9* [A-F]*.pem 2>/dev/null || true
rm -f "$here"/*.pem "$here"/*.key "$here"/*.p12
cp ./*.pem ./*.p12 user.key user-encrypted.key ec.key "$here"
