//! Certificates that Lark would not accept, shown by a real nginx.

use std::{fs, process::Command};

use super::{Diagnosis, Practice};

/// An authority, one between, and certificates of it: one that is good, one of the past, and one for nobody's name.
const MAKE: &str = r#"
set -e
key() { openssl req -newkey rsa:2048 -nodes -keyout "$1.key" -out "$1.csr" -subj "/CN=$1" 2>/dev/null; }
openssl req -x509 -newkey rsa:2048 -nodes -keyout root.key -out root.pem -days 30 -subj /CN=root 2>/dev/null
printf 'basicConstraints=critical,CA:true\nkeyUsage=keyCertSign\n' >between.ext
printf 'subjectAltName=DNS:localhost\n' >leaf.ext
printf 'subjectAltName=DNS:elsewhere.example\n' >other.ext
key between; openssl x509 -req -in between.csr -CA root.pem -CAkey root.key -CAcreateserial -days 30 -extfile between.ext -out between.pem 2>/dev/null
for leaf in leaf other; do
  key $leaf; openssl x509 -req -in $leaf.csr -CA between.pem -CAkey between.key -CAcreateserial -days 30 -extfile $leaf.ext -out $leaf.pem 2>/dev/null
done
cat leaf.pem between.pem >full.pem
cat other.pem between.pem >other-full.pem
openssl req -x509 -newkey rsa:2048 -nodes -keyout self.key -out self.pem -days 30 -subj /CN=localhost -addext subjectAltName=DNS:localhost 2>/dev/null
mkdir -p ca/certs; : >index; echo 01 >serial
printf '[ca]\ndefault_ca=c\n[c]\ndatabase=index\nserial=serial\nnew_certs_dir=ca/certs\ndefault_md=sha256\npolicy=p\n[p]\ncommonName=supplied\n' >ca.cnf
key past; openssl ca -batch -config ca.cnf -in past.csr -cert between.pem -keyfile between.key -startdate 20200101000000Z -enddate 20200201000000Z -extfile leaf.ext -out past.pem 2>/dev/null
cat past.pem between.pem >past-full.pem
"#;

async fn with(chain: &str, key: &str) -> Option<Diagnosis> {
    let practice = Practice::closed(|place| place).await;
    let folder = practice.place.path("nginx");
    fs::create_dir_all(&folder).unwrap();
    if !test_guests::parts::Part::Nginx.is_here_or_said() {
        return None;
    }
    let made = Command::new("sh")
        .args(["-c", MAKE])
        .current_dir(&folder)
        .status()
        .unwrap();
    assert!(made.success());
    let authority = folder.join("root.pem");
    let mut practice = Practice {
        place: practice.place.set("SSL_CERT_FILE", &authority.to_string_lossy()),
        ..practice
    };
    let mut server = practice.place.run(&[]);
    server.serving().await;
    practice.server = Some(server);
    let nginx = practice.proxy(&format!(
        "listen 127.0.0.1:PORT ssl http2; ssl_certificate {chain}; ssl_certificate_key {key};
         location / {{ proxy_pass http://127.0.0.1:SERVER; proxy_http_version 1.1; proxy_set_header Connection \"\"; }}"
    ))?;
    let url = format!("https://localhost:{}", nginx.port());
    Some(practice.doctor(&["--url", &url, "--offline"]).await)
}

#[tokio::test]
async fn a_good_certificate_is_well() {
    let Some(found) = with("full.pem", "leaf.key").await else {
        return;
    };
    assert!(found.failed().is_empty(), "{:#}", found.json);
    let result = found.assert_state("tls.certificate", "ok")["result"].as_str().unwrap();
    assert!(result.contains("more days") && result.contains("HTTP/2"), "{result}");
    found.assert_state("public.click", "ok");
}

#[tokio::test]
async fn each_fault_of_a_certificate_is_named() {
    for (chain, key, says) in [
        ("leaf.pem", "leaf.key", "intermediate certificate is missing"),
        ("self.pem", "self.key", "self-signed"),
        ("past-full.pem", "past.key", "expired"),
        ("other-full.pem", "other.key", "another name"),
    ] {
        let Some(found) = with(chain, key).await else { return };
        assert_eq!(found.failed(), ["tls.certificate"], "{:#}", found.json);
        let cause = found.finding("tls.certificate")["cause"].as_str().unwrap();
        assert!(cause.contains(says), "{cause}");
    }
}
