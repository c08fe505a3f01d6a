import java.io.*;
import java.nio.charset.StandardCharsets;
import java.nio.file.*;
import java.util.*;

/**
 * Reads texts of Java properties and prints what they have, and writes them again.
 *
 * Standard input has one text per line, in base64 of its UTF-8. Standard output has a line for each: `error`, or
 * `key value` in base64 for each property, sorted, then `|` and all of them as Java writes them.
 */
public class Read {
    static String base64(String text) {
        return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
    }

    public static void main(String[] args) throws IOException {
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
        StringBuilder out = new StringBuilder();
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            byte[] bytes = Base64.getDecoder().decode(line);
            Properties properties = new Properties();
            try {
                boolean isAscii = true;
                for (byte b : bytes) isAscii &= b >= 0;
                if (isAscii) {
                    properties.load(new ByteArrayInputStream(bytes));
                } else {
                    properties.load(new StringReader(new String(bytes, StandardCharsets.UTF_8)));
                }
            } catch (IllegalArgumentException e) {
                out.append("error\n");
                continue;
            }
            for (String key : new TreeSet<>(properties.stringPropertyNames())) {
                out.append(base64(key)).append(' ').append(base64(properties.getProperty(key))).append(' ');
            }
            ByteArrayOutputStream stored = new ByteArrayOutputStream();
            properties.store(stored, null);
            out.append('|').append(base64(stored.toString(StandardCharsets.ISO_8859_1))).append('\n');
        }
        System.out.print(out);
    }
}
