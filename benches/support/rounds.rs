//! Ours and its baselines in turns, and the ratio of their medians.
//!
//! A figure of one run can be twice that of the next; the ratio of two that were taken in turns is steadier.

use std::fmt::Write as _;

/// One of the things compared: a label and what measures it once.
pub struct Side<'a> {
    pub label: &'a str,
    pub measure: Box<dyn FnMut() -> f64 + 'a>,
}

impl<'a> Side<'a> {
    pub fn new(label: &'a str, measure: impl FnMut() -> f64 + 'a) -> Self {
        Self { label, measure: Box::new(measure) }
    }
}

/// Whether the ratios are asked for, and not criterion's figures.
pub fn ratios_asked() -> bool {
    std::env::args().any(|argument| argument == RATIOS)
}

/// Whether a comparison is asked for: its title has every word that is next to `ratios`.
fn ratio_asked(title: &str) -> bool {
    let words = std::env::args().skip(1).filter(|word| word != RATIOS && !word.starts_with('-'));
    words.into_iter().all(|word| title.contains(&word))
}

const RATIOS: &str = "ratios";

/// Measures all sides in turns and prints a line: each median with its spread, and the first one's ratio to each.
///
/// The order turns round by round, so that none is always the one after the warm one.
///
/// `None` if other comparisons were asked for.
pub fn compare(title: &str, unit: &str, rounds: usize, sides: &mut [Side<'_>]) -> Option<Vec<f64>> {
    if !ratio_asked(title) {
        return None;
    }
    let mut figures = vec![Vec::new(); sides.len()];
    for round in 0..rounds {
        for turn in 0..sides.len() {
            let place = (round + turn) % sides.len();
            figures[place].push((sides[place].measure)());
        }
    }
    let medians: Vec<f64> = figures.iter_mut().map(|figures| median(figures)).collect();
    let mut line = format!("{title:<44}");
    for (place, side) in sides.iter().enumerate() {
        let (low, high) = (figures[place][0], figures[place][rounds - 1]);
        let _ =
            write!(line, " | {} {} {unit} ({}–{})", side.label, show(medians[place]), show(low), show(high));
        if place > 0 {
            let _ = write!(line, " = {:.2} ×", medians[0] / medians[place]);
        }
    }
    println!("{line}");
    Some(medians)
}

/// Sorts, and gives the middle.
fn median(figures: &mut [f64]) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}

fn show(figure: f64) -> String {
    if figure >= 100.0 { format!("{figure:.0}") } else { format!("{figure:.3}") }
}
