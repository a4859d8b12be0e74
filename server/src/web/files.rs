//! Static files, carried inside the program. Only what was embedded can be reached: a path is looked up, never opened.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::OnceLock;

use axum::body::Bytes;
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::header::{ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, ETAG, VARY};
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use rust_embed::RustEmbed;

use super::error;
use crate::document;

/// The folder of the bundle; its files are addressed as `pkg/<hash of all>/<name>`.
const PKG: &str = "pkg/";
/// Folders that hold files only: what is missing there is no page.
const FOLDERS: [&str; 2] = [PKG, "fonts/"];
/// The address changes with the content, so it can be kept for good.
const FOR_GOOD: &str = "public, max-age=31536000, immutable";
/// The address stays when the content changes.
const FOR_NOW: &str = "public, max-age=300";
/// While the bundle is being rebuilt.
const NEVER: &str = "no-cache";
/// In the folder of the bundle: which files each chunk of it consists of, by their names without extension.
const MANIFEST: &str = "__wasm_split_manifest.json";
/// Compressed forms that may lie beside a file, the smaller first: extension and name in `Content-Encoding`.
const ENCODINGS: [(&str, &str); 2] = [(".br", "br"), (".gz", "gzip")];

/// What cargo-leptos made of the frontend, the styles and `public/`. A development build reads the folder while it runs.
#[derive(RustEmbed)]
#[folder = "../target/site"]
#[allow_missing = true]
struct Embedded;

/// All files of the site.
#[derive(Clone)]
pub(super) enum Site {
    /// As they were at the start.
    Fixed(&'static Index),
    /// As they are at each request.
    Changing,
}

/// Files by path, and the hash of the bundle.
pub(super) struct Index {
    files: BTreeMap<String, File>,
    hash: String,
}

#[derive(Clone)]
struct File {
    bytes: Bytes,
    etag: String,
}

/// Answers for files; passes on what is none.
pub(super) async fn serve(site: &Site, request: Request, next: Next) -> Response {
    let path = request.uri().path().trim_start_matches('/');
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return next.run(request).await;
    }
    if let Some(response) = site.answer(path, request.headers()) {
        return response;
    }
    if FOLDERS.iter().any(|folder| path.starts_with(folder)) {
        return error::not_found();
    }
    next.run(request).await
}

impl Site {
    /// The files of this program.
    pub(super) fn open(changing: bool) -> Self {
        static INDEX: OnceLock<Index> = OnceLock::new();
        if changing {
            Self::Changing
        } else {
            Self::Fixed(INDEX.get_or_init(|| {
                Index::of(
                    Embedded::iter()
                        .filter_map(|name| Some((name.clone().into_owned(), read(&name)?)))
                        .collect(),
                )
            }))
        }
    }

    /// The folder of the bundle as pages name it, without slashes around it.
    pub(super) fn pkg_dir(&self) -> String {
        match self {
            Self::Fixed(index) => format!("{PKG}{}", index.hash),
            Self::Changing => PKG.trim_end_matches('/').to_owned(),
        }
    }

    /// The addresses of the files of each chunk of the bundle, by the chunk's name. None while the bundle changes: it is whole then.
    pub(super) fn chunks(&self) -> BTreeMap<String, Vec<String>> {
        let folder = self.pkg_dir();
        let Self::Fixed(index) = self else {
            return BTreeMap::new();
        };
        let manifest = index.files.get(&format!("{PKG}{MANIFEST}"));
        let mut chunks: BTreeMap<String, Vec<String>> = manifest.and_then(|file| serde_json::from_slice(&file.bytes).ok()).unwrap_or_default();
        for name in chunks.values_mut().flatten() {
            *name = format!("/{folder}/{name}.wasm");
        }
        chunks
    }

    fn answer(&self, path: &str, request: &HeaderMap) -> Option<Response> {
        let (name, keep) = self.resolve(path)?;
        let plain = self.get(&name)?;
        let (file, encoding) = match self.compressed(&name, request) {
            Some((file, encoding)) => (file, Some(encoding)),
            None => (plain, None),
        };
        let mut response = if document::matches(request, &file.etag) {
            StatusCode::NOT_MODIFIED.into_response()
        } else {
            file.bytes.into_response()
        };
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, content_type(&name));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static(keep));
        headers.insert(VARY, HeaderValue::from_static("accept-encoding"));
        if let Ok(etag) = HeaderValue::from_str(&file.etag) {
            headers.insert(ETAG, etag);
        }
        if let Some(encoding) = encoding {
            headers.insert(CONTENT_ENCODING, HeaderValue::from_static(encoding));
        }
        Some(response)
    }

    /// The name of the file at this path, and how long it may be kept.
    fn resolve(&self, path: &str) -> Option<(String, &'static str)> {
        match self {
            Self::Changing => Some((path.to_owned(), NEVER)),
            Self::Fixed(index) => match path.strip_prefix(PKG) {
                Some(rest) => {
                    let name = rest.strip_prefix(&index.hash)?.strip_prefix('/')?;
                    Some((format!("{PKG}{name}"), FOR_GOOD))
                }
                None => Some((path.to_owned(), FOR_NOW)),
            },
        }
    }

    fn get(&self, name: &str) -> Option<File> {
        match self {
            Self::Fixed(index) => index.files.get(name).cloned(),
            Self::Changing => read(name),
        }
    }

    /// The smallest form of the file that the caller takes, with its name in `Content-Encoding`.
    fn compressed(&self, name: &str, request: &HeaderMap) -> Option<(File, &'static str)> {
        ENCODINGS
            .into_iter()
            .filter(|(_, encoding)| accepts(request, encoding))
            .find_map(|(extension, encoding)| Some((self.get(&format!("{name}{extension}"))?, encoding)))
    }
}

impl Index {
    fn of(files: BTreeMap<String, File>) -> Self {
        let mut hasher = DefaultHasher::new();
        for (name, file) in files.iter().filter(|(name, _)| name.starts_with(PKG)) {
            (name, &file.etag).hash(&mut hasher);
        }
        Self {
            hash: format!("{:016x}", hasher.finish()),
            files,
        }
    }
}

/// Reads an embedded file; names that climb out of their folder are none.
fn read(name: &str) -> Option<File> {
    if name.split('/').any(|part| part == "..") {
        return None;
    }
    let file = Embedded::get(name)?;
    let hash = file.metadata.sha256_hash();
    let etag = hash.iter().take(16).fold(String::from("\""), |text, byte| format!("{text}{byte:02x}")) + "\"";
    let bytes = match file.data {
        Cow::Borrowed(bytes) => Bytes::from_static(bytes),
        Cow::Owned(bytes) => Bytes::from(bytes),
    };
    Some(File { bytes, etag })
}

fn content_type(name: &str) -> HeaderValue {
    let guess = mime_guess::from_path(name).first_or_octet_stream();
    let text = guess.type_() == mime_guess::mime::TEXT || guess.subtype() == mime_guess::mime::JAVASCRIPT;
    let value = if text { format!("{guess}; charset=utf-8") } else { guess.to_string() };
    HeaderValue::from_str(&value).unwrap_or(HeaderValue::from_static("application/octet-stream"))
}

/// Whether `Accept-Encoding` names this encoding and does not rule it out (RFC 9110 §12.5.3).
fn accepts(request: &HeaderMap, encoding: &str) -> bool {
    request
        .get_all(ACCEPT_ENCODING)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(|part| {
            let (name, weight) = part.split_once(';').unwrap_or((part, "q=1"));
            (name.trim() == encoding).then(|| weight.trim().trim_start_matches("q=").parse::<f32>().unwrap_or(1.0))
        })
        .any(|weight| weight > 0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn site() -> Site {
        let file = |text: &'static str| File {
            bytes: Bytes::from_static(text.as_bytes()),
            etag: document::etag(text.as_bytes()),
        };
        let names = ["pkg/tessera.js", "pkg/tessera.js.br", "pkg/tessera.js.gz", "robots.txt"];
        let index = Index::of(names.into_iter().map(|name| (name.to_owned(), file(name))).collect());
        Site::Fixed(Box::leak(Box::new(index)))
    }

    fn get(site: &Site, path: &str, accept: &'static str) -> Option<Response> {
        let headers = HeaderMap::from_iter([(ACCEPT_ENCODING, HeaderValue::from_static(accept))]);
        site.answer(path, &headers)
    }

    #[test]
    fn the_bundle_has_an_address_of_its_content() {
        let site = site();
        let path = format!("{}/tessera.js", site.pkg_dir());
        let response = get(&site, &path, "").unwrap();
        assert_eq!(response.headers()[CACHE_CONTROL], FOR_GOOD);
        assert_eq!(response.headers()[CONTENT_TYPE], "text/javascript; charset=utf-8");
        assert!(response.headers().get(CONTENT_ENCODING).is_none());
        assert!(get(&site, "pkg/tessera.js", "").is_none(), "one address a file");
        assert!(get(&site, "pkg/0000000000000000/tessera.js", "").is_none());
        assert_eq!(get(&site, "robots.txt", "").unwrap().headers()[CACHE_CONTROL], FOR_NOW);
    }

    #[test]
    fn chunks_are_named_by_their_addresses() {
        let mut files = BTreeMap::new();
        let manifest = r#"{"keys": ["chunk_6", "split_keys"], "logs": ["split_logs"]}"#;
        for (name, text) in [("__wasm_split_manifest.json", manifest), ("split_keys.wasm", "keys")] {
            let bytes = Bytes::from_static(text.as_bytes());
            let etag = document::etag(&bytes);
            files.insert(format!("{PKG}{name}"), File { bytes, etag });
        }
        let site = Site::Fixed(Box::leak(Box::new(Index::of(files))));
        let keys = &site.chunks()["keys"];
        assert_eq!(keys.len(), 2);
        assert_eq!(keys[1], format!("/{}/split_keys.wasm", site.pkg_dir()));
        let response = get(&site, keys[1].trim_start_matches('/'), "").unwrap();
        assert_eq!(response.headers()[CONTENT_TYPE], "application/wasm");
        assert_eq!(response.headers()[CACHE_CONTROL], FOR_GOOD);
        assert!(self::site().chunks().is_empty(), "a bundle that is not split");
    }

    #[test]
    fn the_smallest_accepted_form_is_sent() {
        let site = site();
        let path = format!("{}/tessera.js", site.pkg_dir());
        for (accept, expect) in [
            ("gzip, deflate, br, zstd", Some("br")),
            ("gzip", Some("gzip")),
            ("br;q=0, gzip;q=0.5", Some("gzip")),
            ("identity", None),
        ] {
            let response = get(&site, &path, accept).unwrap();
            let encoding = response.headers().get(CONTENT_ENCODING).map(|value| value.to_str().unwrap());
            assert_eq!(encoding, expect, "{accept}");
            assert_eq!(response.headers()[CONTENT_TYPE], "text/javascript; charset=utf-8");
        }
    }

    #[test]
    fn a_known_etag_gets_304() {
        let site = site();
        let etag = get(&site, "robots.txt", "").unwrap().headers()[ETAG].clone();
        let headers = HeaderMap::from_iter([(http::header::IF_NONE_MATCH, etag)]);
        assert_eq!(site.answer("robots.txt", &headers).unwrap().status(), StatusCode::NOT_MODIFIED);
    }

    #[test]
    fn nothing_outside_is_reached() {
        for name in ["../Cargo.toml", "pkg/../../../Cargo.toml", "..", "/etc/passwd"] {
            assert!(read(name).is_none(), "{name}");
            assert!(Site::Changing.answer(name, &HeaderMap::new()).is_none(), "{name}");
        }
    }
}
