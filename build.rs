//! Embeds the console: each of its files as it is and compressed, under one hash over all of them.
//!
//! Writes `console.rs` for `presentation::http::console`. A file of an unknown type ends the build, so that none is
//! served with a wrong one. Needs neither a network nor another program.

#[cfg(feature = "server")]
mod console {
    use std::env;
    use std::error::Error;
    use std::fmt::Write as _;
    use std::fs;
    use std::io::Write as _;
    use std::path::{Path, PathBuf};

    use flate2::Compression;
    use flate2::write::GzEncoder;
    use sha2::{Digest, Sha256};

    const FOLDER: &str = "src/presentation/http/console";
    /// The page. It is not among the files, because its address has no hash.
    const PAGE: &str = "index.html";
    /// Where the page wants the address of the files.
    const PLACE: &[u8] = b"{{assets}}";
    /// Hexadecimal digits of the hash in addresses.
    const HASH_DIGITS: usize = 16;

    struct Asset {
        /// From the folder, with `/`.
        path: String,
        plain: Vec<u8>,
    }

    pub(super) fn embed() -> Result<(), Box<dyn Error>> {
        println!("cargo:rerun-if-changed={FOLDER}");
        let variable = |name: &str| env::var_os(name).map(PathBuf::from).ok_or(format!("{name} is not set"));
        let (top, out) = (variable("CARGO_MANIFEST_DIR")?, variable("OUT_DIR")?);
        let mut assets = Vec::new();
        read(&top.join(FOLDER), "", &mut assets)?;
        assets.sort_by(|a, b| a.path.cmp(&b.path));
        let hash = hash(&assets)?;

        let mut source = format!("const HASH: &str = \"{hash}\";\n");
        let mut files = String::new();
        for (number, mut asset) in assets.into_iter().enumerate() {
            println!("cargo:rerun-if-changed={FOLDER}/{}", asset.path);
            if asset.path == PAGE {
                let address = format!("/console/{hash}");
                asset.plain = replace(&asset.plain, address.as_bytes());
                writeln!(source, "const PAGE: Asset = {};", write(&out, number, &asset)?)?;
            } else {
                writeln!(files, "    {},", write(&out, number, &asset)?)?;
            }
        }
        writeln!(source, "const FILES: &[Asset] = &[\n{files}];")?;
        Ok(fs::write(out.join("console.rs"), source)?)
    }

    /// Every file below a folder, but hidden ones, which editors and systems leave behind.
    fn read(folder: &Path, prefix: &str, found: &mut Vec<Asset>) -> Result<(), Box<dyn Error>> {
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            let name =
                entry.file_name().into_string().map_err(|name| format!("{} is not UTF-8", name.display()))?;
            if name.starts_with('.') {
                continue;
            }
            let path = format!("{prefix}{name}");
            if entry.file_type()?.is_dir() {
                read(&entry.path(), &format!("{path}/"), found)?;
            } else {
                found.push(Asset { path, plain: fs::read(entry.path())? });
            }
        }
        Ok(())
    }

    /// The hash over all paths and contents, with their lengths, so that no two sets of files have the same bytes.
    fn hash(assets: &[Asset]) -> Result<String, Box<dyn Error>> {
        let mut digest = Sha256::new();
        for Asset { path, plain } in assets {
            for part in [path.as_bytes(), plain] {
                digest.update(u64::try_from(part.len())?.to_be_bytes());
                digest.update(part);
            }
        }
        let mut text = String::new();
        for byte in digest.finalize().iter().take(HASH_DIGITS / 2) {
            write!(text, "{byte:02x}")?;
        }
        Ok(text)
    }

    fn replace(page: &[u8], address: &[u8]) -> Vec<u8> {
        let (mut replaced, mut rest) = (Vec::new(), page);
        while let Some(at) = rest.windows(PLACE.len()).position(|window| window == PLACE) {
            replaced.extend_from_slice(&rest[..at]);
            replaced.extend_from_slice(address);
            rest = &rest[at + PLACE.len()..];
        }
        replaced.extend_from_slice(rest);
        replaced
    }

    /// Writes both forms of a file; the expression that embeds them.
    fn write(out: &Path, number: usize, asset: &Asset) -> Result<String, Box<dyn Error>> {
        let Asset { path, plain } = asset;
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(plain)?;
        let (plain_file, gzip_file) = (format!("console-{number}"), format!("console-{number}.gz"));
        fs::write(out.join(&plain_file), plain)?;
        fs::write(out.join(&gzip_file), encoder.finish()?)?;
        let embedded = |file: &str| format!("include_bytes!(concat!(env!(\"OUT_DIR\"), \"/{file}\"))");
        let (content_type, plain, gzip) = (content_type(path)?, embedded(&plain_file), embedded(&gzip_file));
        Ok(format!(
            "Asset {{ path: {path:?}, content_type: {content_type:?}, plain: {plain}, gzip: {gzip} }}"
        ))
    }

    fn content_type(path: &str) -> Result<&'static str, String> {
        let name = path.rsplit('/').next().unwrap_or_default();
        match name.rsplit_once('.').map_or(name, |(_, ending)| ending) {
            "html" => Ok("text/html; charset=utf-8"),
            "css" => Ok("text/css; charset=utf-8"),
            "js" => Ok("text/javascript; charset=utf-8"),
            "json" => Ok("application/json"),
            "svg" => Ok("image/svg+xml"),
            "png" => Ok("image/png"),
            "woff2" => Ok("font/woff2"),
            "LICENSE" | "SHA256SUMS" | "md" => Ok("text/plain; charset=utf-8"),
            _ => Err(format!("{FOLDER}/{path}: build.rs knows no content type for it: add one")),
        }
    }
}

#[cfg(feature = "server")]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("cargo:rerun-if-changed=build.rs");
    console::embed()
}

/// The library alone embeds nothing.
#[cfg(not(feature = "server"))]
fn main() {
    println!("cargo:rerun-if-changed=build.rs");
}
