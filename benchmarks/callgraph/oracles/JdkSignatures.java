// Prints the public and protected members of Java's own library, as reflection reports them on the running JDK.
// Of two classes with one simple name the first is kept. indexers/languages/java/jdk.txt is its output, library.py there
// explains the format.
// Usage: java --add-modules java.sql JdkSignatures.java PACKAGE... > jdk.txt   (the first line of jdk.txt names its packages)

import java.lang.reflect.Constructor;
import java.lang.reflect.Executable;
import java.lang.reflect.Field;
import java.lang.reflect.GenericArrayType;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.lang.reflect.TypeVariable;
import java.lang.reflect.WildcardType;
import java.net.URI;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

public class JdkSignatures {
    private static final Set<String> PRINTED = new TreeSet<>();

    public static void main(String[] packages) throws Exception {
        System.out.println("# JDK " + Runtime.version().feature() + ", " + String.join(" ", packages));
        for (String name : packages) {
            System.out.println("package " + name);
            for (Class<?> type : classes(name)) {
                if (PRINTED.add(name(type))) {
                    print(type);
                }
            }
        }
    }

    private static List<Class<?>> classes(String packageName) throws Exception {
        Path modules = FileSystems.getFileSystem(URI.create("jrt:/")).getPath("/modules");
        List<Class<?>> found = new ArrayList<>();
        for (String module : List.of("java.base", "java.logging", "java.sql", "java.xml", "java.desktop", "java.net.http")) {
            Path folder = modules.resolve(module).resolve(packageName.replace('.', '/'));
            if (!Files.isDirectory(folder)) {
                continue;
            }
            try (Stream<Path> files = Files.list(folder)) {
                for (Path file : files.sorted().toList()) {
                    String simple = file.getFileName().toString();
                    if (!simple.endsWith(".class") || simple.matches("(.*\\$)?\\d+\\.class|.*-info\\.class|.*\\$\\d.*")) {
                        continue;
                    }
                    Class<?> type = Class.forName(packageName + "." + simple.replace(".class", ""), false, ClassLoader.getSystemClassLoader());
                    if (visible(type)) {
                        found.add(type);
                    }
                }
            }
        }
        return found;
    }

    private static boolean visible(Class<?> type) {
        boolean shown = !type.isSynthetic() && (type.getModifiers() & (Modifier.PUBLIC | Modifier.PROTECTED)) != 0;
        return shown && (type.getDeclaringClass() == null || visible(type.getDeclaringClass()));
    }

    private static void print(Class<?> type) {
        List<Type> above = new ArrayList<>();
        if (type.getGenericSuperclass() != null && type.getGenericSuperclass() != Object.class) {
            above.add(type.getGenericSuperclass());
        }
        above.addAll(List.of(type.getGenericInterfaces()));
        String bases = above.stream().map(JdkSignatures::show).collect(Collectors.joining(";"));
        System.out.println((type.isInterface() ? "interface " : "class ") + name(type) + " " + variables(type.getTypeParameters())
            + (bases.isEmpty() ? "" : " " + bases));
        Set<String> lines = new TreeSet<>();
        for (Field field : type.getDeclaredFields()) {
            if (shown(field.getModifiers()) && !field.isSynthetic()) {
                lines.add("\t" + field.getName() + " " + show(field.getGenericType()));
            }
        }
        for (Constructor<?> constructor : type.getDeclaredConstructors()) {
            if (shown(constructor.getModifiers()) && !constructor.isSynthetic()) {
                lines.add("\t<init>" + signature(constructor, "", "void"));
            }
        }
        for (Method method : type.getDeclaredMethods()) {
            if (shown(method.getModifiers()) && !method.isSynthetic()) {
                String flags = Modifier.isStatic(method.getModifiers()) ? "s" : "";
                flags += Modifier.isAbstract(method.getModifiers()) && !ofObject(method) ? "a" : "";
                lines.add("\t" + method.getName() + signature(method, flags, show(method.getGenericReturnType())));
            }
        }
        lines.forEach(System.out::println);
    }

    private static boolean shown(int modifiers) {
        return (modifiers & (Modifier.PUBLIC | Modifier.PROTECTED)) != 0;
    }

    private static boolean ofObject(Method method) {
        try {
            Object.class.getMethod(method.getName(), method.getParameterTypes());
            return true;
        } catch (NoSuchMethodException none) {
            return false;
        }
    }

    private static String signature(Executable method, String flags, String result) {
        String parameters = Arrays.stream(method.getGenericParameterTypes()).map(JdkSignatures::show)
            .collect(Collectors.joining(";"));
        String all = flags + (method.isVarArgs() ? "v" : "");
        return "(" + parameters + ") " + (all.isEmpty() ? "-" : all) + " " + variables(method.getTypeParameters()) + " " + result;
    }

    private static String variables(TypeVariable<?>[] variables) {
        String shown = Arrays.stream(variables)
            .map(each -> each.getBounds()[0] == Object.class ? each.getName() : each.getName() + ":" + show(each.getBounds()[0]))
            .collect(Collectors.joining(";"));
        return "<" + shown + ">";
    }

    private static String show(Type type) {
        if (type instanceof Class<?> plain) {
            return plain.isArray() ? "[]" + show(plain.getComponentType()) : name(plain);
        }
        if (type instanceof ParameterizedType generic) {
            return name((Class<?>) generic.getRawType()) + "[" + Arrays.stream(generic.getActualTypeArguments())
                .map(JdkSignatures::show).collect(Collectors.joining(",")) + "]";
        }
        if (type instanceof GenericArrayType array) {
            return "[]" + show(array.getGenericComponentType());
        }
        if (type instanceof WildcardType wildcard) {
            return show(wildcard.getLowerBounds().length > 0 ? wildcard.getLowerBounds()[0] : wildcard.getUpperBounds()[0]);
        }
        return type.getTypeName();
    }

    private static String name(Class<?> type) {
        return type.getDeclaringClass() == null ? type.getSimpleName() : name(type.getDeclaringClass()) + "." + type.getSimpleName();
    }
}
