#!/bin/bash
# Makes these vectors anew, with other keys: bash make.sh DIRECTORY. Needs notary, docker (with trust), openssl 3.
set -euo pipefail
out=$(mkdir -p "$1" && cd "$1" && pwd)
work=$(mktemp -d)
trap 'rm -r "$work"' EXIT
cd "$work"

pass='correct horse'
export HOME=$work DOCKER_CONFIG=$work/docker
export NOTARY_ROOT_PASSPHRASE=$pass NOTARY_TARGETS_PASSPHRASE=$pass NOTARY_DELEGATION_PASSPHRASE=$pass
export DOCKER_CONTENT_TRUST_REPOSITORY_PASSPHRASE=$pass
umask 077

# One vector: name, key id, role, gun (or -), what made it. The file comes on standard input.
: >index.tsv
vector() {
  cat >"$out/$1.pem"
  printf '%s\t%s\t%s\t%s\t%s\n' "$@" >>index.tsv
}
# A file whose name is its id, as the program that made it named it.
id_in() { (cd "$1/private" && echo *.key | sed 's/\.key$//'); }
with_role() { sed "1a role: $1\n"; }
# In a file with Proc-Type, the role joins the headers that are there.
with_role_too() { sed "/^DEK-Info/a role: $1"; }

# What the programs make by themselves.
notary -d made-root key generate >&2
id=$(id_in made-root)
vector notary-root "$id" root - 'notary key generate' <"made-root/private/$id.key"
docker trust key generate alice >&2
id=$(id_in docker/trust)
vector docker-alice "$id" alice - 'docker trust key generate alice' <"docker/trust/private/$id.key"
cp alice.pub "$out/docker-alice.pub"

# Keys of OpenSSL, imported by notary, whose listing tells their ids.
openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out p256
openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-384 -out p384
openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-521 -out p521
openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out rsa 2>rsa.log
openssl genpkey -algorithm ed25519 -out ed25519
half() { openssl pkey -in ed25519 "$@" -outform DER | tail -c 32; }
{
  echo '-----BEGIN ED25519 PRIVATE KEY-----'
  { half -pubout && half && half -pubout; } | base64 -w 64
  echo '-----END ED25519 PRIVATE KEY-----'
} >ed25519-blob
declare -A ids
for key in p256 p384 p521 rsa ed25519; do
  file=$key
  [ $key = ed25519 ] && file=ed25519-blob
  notary -d "imported-$key" key import "$file" -r "$key"
  ids[$key]=$(id_in "imported-$key")
  vector "notary-$key" "${ids[$key]}" "$key" - 'notary key import' <"imported-$key/private/${ids[$key]}.key"
done
notary -d targets key import p256 -r targets -g localhost:5000/test/trusttest
vector notary-targets "${ids[p256]}" targets localhost:5000/test/trusttest 'notary key import -r targets -g GUN' \
  <"targets/private/${ids[p256]}.key"

# The same keys in every other form (the role header is added by hand).
for key in p256 p384 p521 rsa ed25519; do
  with_role signer <$key | vector "plain-pkcs8-$key" "${ids[$key]}" signer - 'openssl genpkey'
done
for key in p256 p384 p521 rsa; do
  openssl pkey -in $key -traditional | with_role signer |
    vector "plain-traditional-$key" "${ids[$key]}" signer - 'openssl pkey -traditional'
done
with_role signer <ed25519-blob | vector plain-traditional-ed25519 "${ids[ed25519]}" signer - 'by hand: public half, seed, public half'
openssl pkey -in p256 | vector plain-no-role "${ids[p256]}" - - 'openssl pkey'
for cipher in aes-128-cbc aes-192-cbc aes-256-cbc; do
  for prf in hmacWithSHA1 hmacWithSHA256; do
    openssl pkcs8 -topk8 -in p256 -v2 $cipher -v2prf $prf -passout "pass:$pass" | with_role signer |
      vector "pbes2-$cipher-$prf" "${ids[p256]}" signer - "openssl pkcs8 -topk8 -v2 $cipher -v2prf $prf"
  done
done
openssl pkcs8 -topk8 -in p256 -iter 1 -passout "pass:$pass" | with_role signer |
  vector pbes2-one-iteration "${ids[p256]}" signer - 'openssl pkcs8 -topk8 -iter 1'
for key in p384 rsa ed25519; do
  openssl pkcs8 -topk8 -in $key -passout "pass:$pass" | with_role signer |
    vector "pbes2-default-$key" "${ids[$key]}" signer - 'openssl pkcs8 -topk8'
done
for cipher in aes128 aes192 aes256 des3; do
  openssl ec -in p256 -$cipher -passout "pass:$pass" 2>>ec.log | with_role_too signer |
    vector "legacy-$cipher" "${ids[p256]}" signer - "openssl ec -$cipher"
done
openssl ec -in p256 -des -passout "pass:$pass" -provider legacy -provider default 2>>ec.log | with_role_too signer |
  vector legacy-des "${ids[p256]}" signer - 'openssl ec -des'
openssl pkey -in rsa -traditional -aes256 -passout "pass:$pass" | with_role_too signer |
  vector legacy-aes256-rsa "${ids[rsa]}" signer - 'openssl pkey -traditional -aes256'

# What dct must refuse.
mkdir -p "$out/refused"
openssl pkcs8 -topk8 -in p256 -scrypt -passout "pass:$pass" >"$out/refused/scrypt.pem"
openssl pkcs8 -topk8 -in p256 -v1 PBE-SHA1-3DES -passout "pass:$pass" >"$out/refused/pkcs12-3des.pem"
openssl pkcs8 -topk8 -in p256 -v2 des3 -passout "pass:$pass" >"$out/refused/pbes2-des3.pem"
openssl pkcs8 -topk8 -in p256 -v2prf hmacWithSHA512 -passout "pass:$pass" >"$out/refused/pbes2-sha512.pem"
openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:secp256k1 -out "$out/refused/secp256k1.pem"
openssl genpkey -algorithm x25519 -out "$out/refused/x25519.pem"
openssl genrsa -out "$out/refused/rsa-1024.pem" 1024
openssl pkey -in p256 -pubout -out "$out/refused/public-key.pem"
openssl req -x509 -key p256 -subj /CN=example -out "$out/refused/certificate.pem"

{
  printf 'file\tkey id\trole\tgun\tmade by\n'
  sort index.tsv
} >"$out/index.tsv"
