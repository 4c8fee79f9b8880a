//! An application with ResNet-50 in it, for scripts/build-figures.sh. Given a folder, it writes seeded weights there and
//! prints how many milliseconds the model takes to load from them, and to map them packed.

use archc_runtime::weights::{LoadError, Seeded, Source};
use std::error::Error;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::time::Instant;

archc_runtime::include_model!(resnet50);

fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::args_os().nth(1).ok_or("usage: app FOLDER")?;
    let folder = Path::new(&folder);
    let (file, packed) = (folder.join("resnet50.safetensors"), folder.join("resnet50.packed"));
    write_seeded(&file)?;
    resnet50::Model::load(&file)?.save_packed(&packed)?;
    let loading = median_ms(|| resnet50::Model::load(&file))?;
    println!("{loading:.1} {:.3}", median_ms(|| resnet50::Model::load_packed(&packed))?);
    Ok(())
}

/// A safetensors file: the length of its head, the head in JSON, the numbers.
fn write_seeded(path: &Path) -> Result<(), Box<dyn Error>> {
    let source = Seeded::new(&resnet50::NETWORK, "archc");
    let (mut entries, mut end) = (Vec::new(), 0);
    for name in source.names() {
        let shape = source.info(name).ok_or("a tensor without a shape")?.shape;
        let start = end;
        end += 4 * shape.iter().product::<usize>();
        entries.push(format!(r#""{name}":{{"dtype":"F32","shape":{shape:?},"data_offsets":[{start},{end}]}}"#));
    }
    let head = format!("{{{}}}", entries.join(","));
    let mut file = BufWriter::new(File::create(path)?);
    file.write_all(&(head.len() as u64).to_le_bytes())?;
    file.write_all(head.as_bytes())?;
    for name in source.names() {
        let shape = source.info(name).ok_or("a tensor without a shape")?.shape;
        let mut bytes = vec![0; 4 * shape.iter().product::<usize>()];
        source.read(name, 0, &mut bytes)?;
        file.write_all(&bytes)?;
    }
    Ok(file.flush()?)
}

/// The median of nine.
fn median_ms<T>(load: impl Fn() -> Result<T, LoadError>) -> Result<f64, LoadError> {
    let mut times = [0.0; 9];
    for time in &mut times {
        let start = Instant::now();
        let loaded = load()?;
        *time = start.elapsed().as_secs_f64() * 1e3;
        drop(loaded);
    }
    times.sort_by(f64::total_cmp);
    Ok(times[4])
}
