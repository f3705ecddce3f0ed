//! No secret is in a log line at any level, in an answer, a metric, a file that has no
//! business with it, or a process's arguments. Secrets are planted everywhere that a
//! client, a user's typing error or a failing peer can put one; then everything that
//! came out is searched.

mod planted;

use std::{net::TcpListener, path::Path, time::Duration};

use rocket_e2e::{Echo, Options, Platform};
use rocket_testkit::eventually;

use self::planted::{Out, Planted};
use crate::PROGRAM;

#[tokio::test(flavor = "multi_thread")]
async fn invariant_9_no_planted_secret_comes_out_at_trace_as_json() {
    nothing_comes_out("json").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn invariant_9_no_planted_secret_comes_out_at_trace_as_text() {
    nothing_comes_out("text").await;
}

/// Which peer fails, and says back what it was sent.
#[derive(Debug, Clone, Copy)]
enum Failing {
    Bank,
    /// 400 is the answer that Telegram means for good, and is told apart from failures.
    Telegram(u16),
}

async fn nothing_comes_out(format: &str) {
    for failing in [
        Failing::Bank,
        Failing::Telegram(400),
        Failing::Telegram(500),
    ] {
        let peer = Echo::start(match failing {
            Failing::Bank => 500,
            Failing::Telegram(status) => status,
        })
        .await;
        let planted = Planted::new();
        let admin = free_address();
        let options = options(&planted, failing, &peer, format, &admin);
        let platform = Platform::start(PROGRAM, &options).await;
        let mut out = Out::default();
        let customer = planted.sow(&platform, &mut out).await;
        let part = customer.plentiful_part().await;
        let order = customer.order(&[&part]).await;
        let paid = customer.pay(&order).await;
        let expected = if matches!(failing, Failing::Bank) {
            503
        } else {
            200
        };
        assert_eq!(paid.status, expected, "{paid:?}");
        out.add("pay", &paid.body.to_string());
        eventually("the peer is asked", Duration::from_secs(20), || async {
            (peer.requests() > 0).then_some(())
        })
        .await;
        stores_fail(&platform, &planted, &mut out).await;
        let metrics = reqwest::get(format!("http://{admin}/metrics")).await;
        out.add("/metrics", &metrics.unwrap().text().await.unwrap());
        let arguments = std::fs::read(format!("/proc/{}/cmdline", platform.pid())).unwrap();
        out.add("arguments", &String::from_utf8_lossy(&arguments));
        let log = platform.log();
        assert!(log.contains("TRACE"), "the log is not at trace level");
        out.add("log", &log);
        println!("{format}, {failing:?}: searched {} bytes of log", log.len());
        planted.search(&out);
        search_files(&planted, &platform.data());
    }
}

fn options(planted: &Planted, failing: Failing, peer: &Echo, format: &str, admin: &str) -> Options {
    // Nobody listens at the address of discard.
    let nobody = "http://127.0.0.1:9".to_owned();
    let (payment, telegram) = match failing {
        Failing::Bank => (
            format!("    payment: {{provider: {{url: \"{}\"}}}}\n", peer.url()),
            nobody,
        ),
        Failing::Telegram(_) => (String::new(), peer.url()),
    };
    Options {
        spec: format!(
            "  services:\n    assembly: {{assemblyTime: 100ms}}\n{payment}    notification:\n      \
             telegram: {{botTokenSecretRef: {{name: bot, key: token}}, apiBaseUrl: \"{telegram}\"}}\n"
        ),
        env: vec![
            ("TELEGRAM_BOT_TOKEN", planted.telegram_token.clone()),
            ("PAYMENT_PROVIDER_KEY", planted.payment_key.clone()),
            ("RUST_LOG", "trace".to_owned()),
            ("LOG_FORMAT", format.to_owned()),
        ],
        args: vec!["--admin".to_owned(), admin.to_owned()],
        ..Options::default()
    }
}

async fn stores_fail(platform: &Platform, planted: &Planted, out: &mut Out) {
    for (store, table) in [
        ("iam.db", "users"),
        ("iam.db", "notification_methods"),
        ("iam.db", "sessions"),
        ("order.db", "idempotency_keys"),
        ("order.db", "orders"),
        ("inventory.db", "stock"),
        ("notification.db", "messages"),
    ] {
        let connection = platform.store(store);
        let rename = |from: &str, to: &str| {
            connection
                .execute_batch(&format!("ALTER TABLE {from} RENAME TO {to}"))
                .unwrap();
        };
        rename(table, "away");
        planted.ask_all(platform, out).await;
        rename("away", table);
    }
}

/// Passwords only as argon2id, sessions only as hashes, addresses with IAM alone.
fn search_files(planted: &Planted, data: &Path) {
    let mut hashes = 0;
    for entry in std::fs::read_dir(data).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let bytes = std::fs::read(&path).unwrap();
        planted.search_file(&name, &bytes);
        // The search itself finds what is there: the hash, in the file or its log.
        hashes += String::from_utf8_lossy(&bytes)
            .matches("$argon2id$")
            .count();
    }
    assert!(hashes > 0, "passwords are kept as hashes");
}

fn free_address() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().to_string()
}
