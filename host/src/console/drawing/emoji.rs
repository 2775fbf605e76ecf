//! Lark's names of emoji that people write, as characters.

/// The character of `:NAME:`; most of Lark's are pictures of its own and have none.
pub(super) fn of(name: &str) -> Option<&'static str> {
    Some(match name {
        "OK" => "👌",
        "THUMBSUP" | "ThumbsUp" | "JIAYI" => "👍",
        "ThumbsDown" | "MinusOne" => "👎",
        "DONE" | "CheckMark" => "✅",
        "CrossMark" => "❌",
        "SMILE" | "SMIRK" => "🙂",
        "LAUGH" | "LOL" => "😄",
        "CRY" | "SOB" => "😢",
        "HEART" | "LOVE" => "❤️",
        "APPLAUSE" | "CLAP" => "👏",
        "MUSCLE" => "💪",
        "FIRE" | "Fire" => "🔥",
        "PARTY" => "🎉",
        "ROSE" => "🌹",
        "THANKS" => "🙏",
        "THINKING" => "🤔",
        "WAVE" => "👋",
        "Alarm" => "⏰",
        "Loudspeaker" => "📢",
        "Pin" => "📌",
        "WARNING" => "⚠️",
        "GoGoGo" => "🚀",
        _ => return None,
    })
}
