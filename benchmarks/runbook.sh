#!/usr/bin/env bash
# The other side of overhead.py: the same recovery as a runbook, written by hand, with the same tools, one step after the
# other. What differs between worlds comes in by the environment.
set -euo pipefail
umask 077
cd "$WORK"
say() { printf '%s %s\n' "$(date +%T.%3N)" "$*"; }
aws_call() { # SERVICE REGION, then curl's own arguments
  local signed="aws:amz:$2:$1"
  shift 2
  printf 'user = "%s:%s"\n' "$AWS_ACCESS_KEY_ID" "$AWS_SECRET_ACCESS_KEY" |
    curl --config - --silent --show-error --fail --max-time 60 --aws-sigv4 "$signed" "$@"
}
s3() {
  printf 'user = "%s:%s"\n' "$VAULT_ACCESS_KEY" "$VAULT_SECRET_KEY" |
    curl --config - --silent --show-error --fail --max-time 600 --aws-sigv4 "aws:amz:$VAULT_REGION:s3" "$@"
}
fetch() { mkdir -p "$(dirname "$1")" && s3 --output "$1" "$BUCKET/$1"; }

say "which backup"
BACKUP=$(s3 "$BUCKET?list-type=2&prefix=manifests%2Fshop%2F" | grep -o '<Key>[^<]*\.json' | sort | tail -n 1)
BACKUP=$(basename "$BACKUP" .json)
MANIFEST=manifests/shop/$BACKUP.json
fetch "$MANIFEST"
fetch "manifests/shop/$BACKUP.sig"
openssl pkeyutl -verify -pubin -inkey trusted.pem -rawin -in "$MANIFEST" -sigfile "manifests/shop/$BACKUP.sig" > /dev/null

say "plan Terraform"
$TERRAFORM -chdir=terraform/module init -input=false -no-color -backend-config="$WORK/terraform/backend.tfbackend.json" > terraform.log
$TERRAFORM -chdir=terraform/module plan -input=false -no-color -var-file="$WORK/terraform/variables.tfvars.json" \
  -out="$WORK/terraform/plan.tfplan" >> terraform.log

say "fence the primary"
for port in "$SHOP_PORT" "$PRIMARY_PORT"; do
  aws_call ec2 "$PRIMARY_REGION" --output /dev/null "$AWS_ENDPOINT_URL/" --data "Action=RevokeSecurityGroupIngress" \
    --data "Version=2016-11-15" --data "GroupId=$GROUP" --data "IpPermissions.1.IpProtocol=tcp" \
    --data "IpPermissions.1.FromPort=$port" --data "IpPermissions.1.ToPort=$port" \
    --data "IpPermissions.1.IpRanges.1.CidrIp=0.0.0.0/0"
done
while curl --silent --output /dev/null --max-time 1 "http://$PRIMARY:$SHOP_PORT/health"; do sleep 0.2; done

say "apply Terraform"
$TERRAFORM -chdir=terraform/module apply -input=false -no-color "$WORK/terraform/plan.tfplan" >> terraform.log

say "fetch, check, decrypt"
CHUNKS='.parts[] | (.groups[]?, .) | (.archive, .content, (.index // empty)) | .chunks[]'
fetch "$(jq -r .key "$MANIFEST")"
for key in $(jq -r "$CHUNKS | .key" "$MANIFEST"); do fetch "$key"; done
jq -r "$CHUNKS"' | "\(.digest)  \(.key)"' "$MANIFEST" | b3sum --check --quiet
age -d -i identity.txt "$(jq -r .key "$MANIFEST")" > backup.key
for part in database uploads; do
  for what in archive content; do
    jq -c --arg part "$part" --arg what "$what" '.parts[] | select(.name == $part) | (.groups[]?, .) | .[$what]' \
      "$MANIFEST" > streams
    while read -r stream; do
      jq -r '.chunks[].key' <<< "$stream" | while read -r key; do cat "$key"; done | age -d -i backup.key | zstd -dq >&3
    done < streams 3> "$part.$what"
  done
done

say "restore the database"
psql --quiet --no-psqlrc --dbname=postgres --command='drop database if exists shop__staged with (force)' \
  --command='create database shop__staged template template0' 2> /dev/null
pg_restore --jobs=2 --no-owner --no-privileges --exit-on-error --dbname=shop__staged database.archive
psql --quiet --no-psqlrc --dbname=shop__staged --command=analyze
# The proof: every table has the rows, and the sum of their fingerprints, that the source had.
jq -r '.items | to_entries[] | "\(.key) \(.value.count)"' database.content > counts
while read -r table count; do
  echo "select '$table' from (select count(*) n, sum(hash_record_extended(t, 0)) from only $table t) x where n <> $count;"
done < counts | psql --no-psqlrc --tuples-only --no-align --set=ON_ERROR_STOP=1 --dbname=shop__staged | { ! grep .; }

say "restore the files"
mkdir -p "$UPLOADS.staged"
tar -xpf uploads.archive -C "$UPLOADS.staged"
jq -r '.items | to_entries[] | select(.value.digest) | select(.key | test("[\\\\\n]") | not) | "\(.value.digest)  \(.key)"' \
  uploads.content | (cd "$UPLOADS.staged" && b3sum --check --quiet)

say "promote"
psql --quiet --no-psqlrc --dbname=postgres --command='alter database shop__staged rename to shop'
rm -rf "$UPLOADS"
mv "$UPLOADS.staged" "$UPLOADS"

say "configure"
ansible-playbook -i hosts.json -e @variables.json "$PLAYBOOK" > ansible.log

say "probe"
until curl --silent --fail --output /dev/null --max-time 5 "http://$STANDBY:$SHOP_PORT/orders/latest"; do sleep 0.2; done
curl --silent --show-error --fail --output /dev/null --max-time 5 --json \
  '{"customer": "runbook", "item": "health probe", "quantity": 1}' "http://$STANDBY:$SHOP_PORT/orders"

say "swap DNS"
aws_call route53 us-east-1 --output /dev/null -H 'Content-Type: text/xml' --data \
  "<ChangeResourceRecordSetsRequest xmlns=\"https://route53.amazonaws.com/doc/2013-04-01/\"><ChangeBatch><Changes><Change>\
<Action>UPSERT</Action><ResourceRecordSet><Name>$NAME.</Name><Type>A</Type><TTL>5</TTL><ResourceRecords><ResourceRecord>\
<Value>$STANDBY</Value></ResourceRecord></ResourceRecords></ResourceRecordSet></Change></Changes></ChangeBatch>\
</ChangeResourceRecordSetsRequest>" "$AWS_ENDPOINT_URL/2013-04-01/hostedzone/$ZONE/rrset/"
python - <<END
import time, dns.resolver
asked = dns.resolver.Resolver(configure=False)
asked.nameservers, asked.port, asked.lifetime = ["$RESOLVER"], $RESOLVER_PORT, 2
while [str(each) for each in asked.resolve("$NAME", "A")] != ["$STANDBY"]:
    time.sleep(0.1)
END
say "done"
