//! Assets: embedded, named by their content, compressed, cached.

use super::running;
use crate::{operate::place, support::Request};

#[tokio::test]
async fn what_a_page_needs_comes_from_the_server_itself_once() {
    let place = place();
    let (_program, console) = running(&place).await;
    let page = console.send(&Request::get("/console/")).await;
    let links = page
        .body
        .split(['"'])
        .filter(|part| part.starts_with("/console/assets/"));
    let links: Vec<_> = links.collect();
    assert_eq!(links.len(), 3, "{links:?}");
    for part in page.body.split(['"', '\'']) {
        let is_outside = part.starts_with("http://") || part.starts_with("https://") || part.starts_with("//");
        assert!(!is_outside, "{part}");
    }
    for link in links {
        let asset = console.send(&Request::get(link)).await;
        assert_eq!(
            asset.header("cache-control"),
            Some("public, max-age=31536000, immutable"),
            "{link}"
        );
        assert_eq!(asset.header("content-encoding"), None);
        let kind = asset.header("content-type").unwrap();
        assert!(
            ["text/css", "text/javascript", "image/svg"]
                .iter()
                .any(|known| kind.starts_with(known)),
            "{kind}"
        );
        let head = Request::new("HEAD", link).header("accept-encoding", "br, gzip");
        let small = console.send(&head).await;
        assert_eq!(
            (small.status, small.header("content-encoding")),
            (200, Some("gzip")),
            "{link}"
        );
    }
    let old = console
        .send(&Request::get("/console/assets/console.0000000000000000.css"))
        .await;
    assert_eq!((old.status, old.header("cache-control")), (200, Some("no-store")));
}
